import { classOf, flag, int, list, long, secret, text } from '#server/contract/config-field.ts'

/** The version whose behaviour the converters for a schema registry follow. */
export const registryVersion = '8.1.0'

const strategies = 'io.confluent.kafka.serializers.subject'
const storeTypes =
  'A file in PEM or PKCS12 is known by its content. One in the JKS format has to be converted: keytool -importkeystore -deststoretype PKCS12.'
const tls = { group: 'TLS', importance: 'medium' } as const

/** The settings that every converter with a schema registry has, in Confluent's words. */
export const registryFields = {
  'schema.registry.url': list({
    doc: 'Comma-separated list of URLs of the schema registry. When one cannot be reached the next is asked.',
    importance: 'high',
    checks: [{ check: 'list', allowEmpty: false }],
    group: 'Registry',
    example: 'http://127.0.0.1:8081',
  }),
  'auto.register.schemas': flag({
    doc: 'Whether a schema that the registry does not know yet is registered. When false, an unknown schema is an error.',
    importance: 'medium',
    default: true,
    group: 'Schemas',
  }),
  'normalize.schemas': flag({
    doc: 'Whether the registry normalizes schemas when they are registered or looked up.',
    importance: 'medium',
    default: false,
    group: 'Schemas',
  }),
  'use.schema.id': int({
    doc: 'Write with the schema of this id, whatever the record brings. Asked for only when auto.register.schemas is false; -1 turns it off.',
    importance: 'low',
    default: -1,
    group: 'Schemas',
  }),
  'id.compatibility.strict': flag({
    doc: 'Whether the schema of use.schema.id must be compatible with the schema of the record.',
    importance: 'low',
    default: true,
    group: 'Schemas',
  }),
  'use.latest.version': flag({
    doc: 'Write with the latest schema of the subject, whatever the record brings. Asked for only when auto.register.schemas is false.',
    importance: 'low',
    default: false,
    group: 'Schemas',
  }),
  'latest.compatibility.strict': flag({
    doc: 'Whether the latest schema of the subject must be compatible with the schema of the record, when use.latest.version is true.',
    importance: 'low',
    default: true,
    group: 'Schemas',
  }),
  'use.latest.with.metadata': list({
    doc: 'Write with the latest schema of the subject whose metadata has all of these properties, each as key=value. Goes before use.latest.version; asked for only when auto.register.schemas is false.',
    importance: 'low',
    default: [],
    group: 'Schemas',
    example: 'application.major.version=2',
  }),
  'latest.cache.ttl.sec': long({
    doc: 'For how many seconds the latest schema of a subject is taken as the latest. -1 is for ever.',
    importance: 'low',
    default: -1,
    checks: [{ check: 'range', min: -1 }],
    group: 'Schemas',
  }),
  'key.subject.name.strategy': classOf({
    doc: "How the subject of a key's schema is named. One of TopicNameStrategy, RecordNameStrategy and TopicRecordNameStrategy, with or without the package.",
    importance: 'medium',
    default: `${strategies}.TopicNameStrategy`,
    recommended: [
      `${strategies}.TopicNameStrategy`,
      `${strategies}.RecordNameStrategy`,
      `${strategies}.TopicRecordNameStrategy`,
    ],
    group: 'Schemas',
  }),
  'value.subject.name.strategy': classOf({
    doc: "How the subject of a value's schema is named. One of TopicNameStrategy, RecordNameStrategy and TopicRecordNameStrategy, with or without the package.",
    importance: 'medium',
    default: `${strategies}.TopicNameStrategy`,
    recommended: [
      `${strategies}.TopicNameStrategy`,
      `${strategies}.RecordNameStrategy`,
      `${strategies}.TopicRecordNameStrategy`,
    ],
    group: 'Schemas',
  }),
  'schemas.cache.config': int({
    doc: 'How many schemas are kept, of those read and of those written.',
    importance: 'low',
    default: 1000,
    checks: [{ check: 'range', min: 1 }],
    group: 'Schemas',
    displayName: 'Schemas Cache Size',
  }),
  'basic.auth.credentials.source': text({
    doc: 'Where the user and password for the registry come from: the URL, or basic.auth.user.info (USER_INFO).',
    importance: 'medium',
    default: 'URL',
    checks: [{ check: 'one-of', values: ['URL', 'USER_INFO'] }],
    group: 'Authentication',
  }),
  'basic.auth.user.info': secret({
    doc: 'The user and password as user:password, when basic.auth.credentials.source is USER_INFO.',
    importance: 'medium',
    default: '',
    group: 'Authentication',
  }),
  'schema.registry.basic.auth.user.info': secret({
    doc: 'The older name of basic.auth.user.info.',
    importance: 'low',
    default: '',
    deprecated: 'basic.auth.user.info',
    group: 'Authentication',
  }),
  'bearer.auth.credentials.source': text({
    doc: 'Where a bearer token comes from. STATIC_TOKEN takes bearer.auth.token; without it no token is sent.',
    importance: 'medium',
    default: null,
    checks: [{ check: 'one-of', values: ['STATIC_TOKEN'] }],
    group: 'Authentication',
  }),
  'bearer.auth.token': secret({
    doc: 'The bearer token, when bearer.auth.credentials.source is STATIC_TOKEN.',
    importance: 'medium',
    default: null,
    group: 'Authentication',
  }),
  'http.connect.timeout.ms': int({
    doc: 'How long a connection to the registry may take, in milliseconds.',
    importance: 'low',
    default: 60_000,
    checks: [{ check: 'range', min: 1 }],
    group: 'Network',
  }),
  'http.read.timeout.ms': int({
    doc: 'How long the registry may take to answer, in milliseconds.',
    importance: 'low',
    default: 60_000,
    checks: [{ check: 'range', min: 1 }],
    group: 'Network',
  }),
  'max.retries': int({
    doc: 'How often a request is tried again when the registry fails or is away. The task then waits, says so in its log, and goes on trying.',
    importance: 'low',
    default: 3,
    checks: [{ check: 'range', min: 0 }],
    group: 'Network',
  }),
  'retries.wait.ms': int({
    doc: 'The wait before the first retry in milliseconds; it doubles with each.',
    importance: 'low',
    default: 1000,
    checks: [{ check: 'range', min: 0 }],
    group: 'Network',
  }),
  'retries.max.wait.ms': int({
    doc: 'The longest wait before a retry in milliseconds.',
    importance: 'low',
    default: 20_000,
    checks: [{ check: 'range', min: 0 }],
    group: 'Network',
  }),
  'schema.registry.ssl.truststore.type': text({
    doc: `The format of the certificates that are trusted. ${storeTypes}`,
    ...tls,
    default: null,
    checks: [{ check: 'one-of', values: ['PEM', 'PKCS12', 'JKS'] }],
  }),
  'schema.registry.ssl.truststore.location': text({
    doc: 'A file with the certificates that are trusted. Without one, those of Node are.',
    ...tls,
    default: null,
  }),
  'schema.registry.ssl.truststore.password': secret({
    doc: 'The password of a PKCS12 truststore.',
    ...tls,
    default: null,
  }),
  'schema.registry.ssl.truststore.certificates': secret({
    doc: 'The certificates that are trusted, as PEM, in place of a file.',
    ...tls,
    default: null,
  }),
  'schema.registry.ssl.keystore.type': text({
    doc: `The format of the client's own certificate and key. ${storeTypes}`,
    ...tls,
    default: null,
    checks: [{ check: 'one-of', values: ['PEM', 'PKCS12', 'JKS'] }],
  }),
  'schema.registry.ssl.keystore.location': text({
    doc: "A file with the client's own certificate and key.",
    ...tls,
    default: null,
  }),
  'schema.registry.ssl.keystore.password': secret({
    doc: 'The password of a PKCS12 keystore.',
    ...tls,
    default: null,
  }),
  'schema.registry.ssl.keystore.certificate.chain': secret({
    doc: "The client's own certificate with its chain, as PEM, in place of a file.",
    ...tls,
    default: null,
  }),
  'schema.registry.ssl.keystore.key': secret({
    doc: "The client's own key, as PEM, in place of a file.",
    ...tls,
    default: null,
  }),
  'schema.registry.ssl.key.password': secret({
    doc: 'The password of the key.',
    ...tls,
    default: null,
  }),
  'schema.registry.ssl.enabled.protocols': list({
    doc: 'The versions of TLS that may be spoken.',
    ...tls,
    default: ['TLSv1.2', 'TLSv1.3'],
  }),
  'schema.registry.ssl.cipher.suites': list({
    doc: "The cipher suites that may be used, by Java's names; without them those of Node are.",
    ...tls,
    importance: 'low',
    default: [],
  }),
  'schema.registry.ssl.endpoint.identification.algorithm': text({
    doc: "How the registry's name is checked against its certificate. Empty turns the check off.",
    group: 'TLS',
    importance: 'low',
    default: 'https',
    checks: [{ check: 'one-of', values: ['https', ''] }],
  }),
} as const
