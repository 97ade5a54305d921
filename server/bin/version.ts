import manifest from '../../package.json' with { type: 'json' }

/** Sluice's own version; the Kafka version that clients gate on is another matter. */
export const sluiceVersion: string = manifest.version
