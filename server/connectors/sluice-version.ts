/** The version of the connectors that are our own: Sluice's. A test compares it with `package.json`. */
export const sluiceVersion = '0.1.0'
