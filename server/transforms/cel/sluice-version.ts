/** The version of the transforms that only Sluice has. */
export const sluiceVersion = '0.1.0'
