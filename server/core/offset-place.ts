type Properties = Readonly<Record<string, string>>

/** Where a source connector's offsets are kept. */
export interface OffsetPlace {
  topic: string
  /** Apart from what the worker reads, in topic or cluster: then the worker's offsets topic is only looked at besides. */
  own: boolean
  /** Whether the connector's producer writes to the worker's cluster. */
  sameCluster: boolean
}

/**
 * As Kafka's `Worker` decides it: under exactly-once offsets go where the records go, otherwise to the worker's topic unless
 * the connector names one (KIP-618).
 */
export function offsetPlaceOf(given: {
  worker: Properties
  connector: Properties
  /** The properties of the connector's producer. */
  producer: Properties
  exactlyOnce: boolean
}): OffsetPlace {
  const workers = given.worker['offset.storage.topic']?.trim() ?? ''
  const named = given.connector['offsets.storage.topic']?.trim()
  const topic = named ?? workers
  const sameCluster = sameServers(given.producer['bootstrap.servers'], given.worker['bootstrap.servers'])
  const mayDiffer = named !== undefined || given.exactlyOnce
  return { topic, own: mayDiffer && !(topic === workers && sameCluster), sameCluster }
}

function sameServers(one: string | undefined, other: string | undefined): boolean {
  const [a, b] = [serversOf(one), serversOf(other)]
  return a.size === b.size && [...a].every((server) => b.has(server))
}

const serversOf = (text = '') => new Set(text.split(',').map((server) => server.trim()))
