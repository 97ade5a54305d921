import { standaloneFields, workerFields } from '#server/runtime/worker-fields.ts'

/** What a worker reads beside its fields: of its doors, and of the parts that are started together with it. */
const doors = [
  'listeners',
  'admin.listeners',
  'rest.port',
  'rest.advertised.listener',
  'rest.extension.classes',
  'access.control.allow.methods',
  'access.control.allow.origin',
  'response.http.headers.config',
  'ssl.client.auth',
  'sluice.profile',
  'sluice.rest.allowed.hosts',
  'sluice.rest.request.timeout.ms',
]
const parts = [
  ...['sluice.workers', 'database.url', 'dev', 'urls'],
  ...['broker.host', 'broker.port', 'broker.allow.remote'],
  ...['console.host', 'console.port', 'console.role', 'console.allowed.hosts'],
]

/** Kafka Connect's own keys that mean nothing here: nobody misspelled them. */
const kafkas = [
  'auto.include.jmx.reporter',
  'metric.reporters',
  'metrics.recording.level',
  'receive.buffer.bytes',
  'send.buffer.bytes',
  'security.providers',
  'ssl.engine.factory.class',
  'ssl.keymanager.algorithm',
  'ssl.protocol',
  'ssl.provider',
  'ssl.secure.random.implementation',
  'ssl.trustmanager.algorithm',
  'sasl.client.callback.handler.class',
  'sasl.login.callback.handler.class',
  'sasl.login.class',
]

export const knownSettings: ReadonlySet<string> = new Set([
  ...Object.keys({ ...workerFields, ...standaloneFields }),
  ...doors,
  ...parts,
  ...kafkas,
])

/** Below these, converters, providers, clients, listeners and topics have settings of their own. */
export const openPrefixes: readonly string[] = [
  ...['key.converter.', 'value.converter.', 'header.converter.', 'config.providers.'],
  ...['producer.', 'consumer.', 'admin.', 'listeners.', 'metrics.context.'],
  ...['config.storage.', 'offset.storage.', 'status.storage.'],
  ...['sasl.kerberos.', 'sasl.login.', 'sasl.oauthbearer.'],
]
