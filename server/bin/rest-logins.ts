import { readFileSync } from 'node:fs'
import type { Settings } from '#server/bin/settings.ts'
import { ConnectError, messageOf } from '#server/contract/errors.ts'
import { parseJaas } from '#server/kafka/security/jaas.ts'
import { parseProperties } from '#server/sdk/java-properties.ts'

const extension = 'org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension'
const jaasKey = 'java.security.auth.login.config'

/**
 * Names and passwords of those who may use the REST API, when `rest.extension.classes` asks for them: from the file that
 * the `PropertyFileLoginModule` of the entry `KafkaConnect` names. The JAAS file is that of `java.security.auth.login.config`,
 * as a setting of the worker or, as Kafka's scripts have it, as `-D` in `KAFKA_OPTS`. Throws SETTING_INVALID; it never
 * repeats a password.
 */
export function readLogins(settings: Settings): ReadonlyMap<string, string> | undefined {
  const classes = (settings.get('rest.extension.classes') ?? '').split(',').flatMap((name) => name.trim() || [])
  if (classes.length === 0) return undefined
  const stranger = classes.find((name) => name !== extension && name !== simpleName(extension))
  if (stranger !== undefined) {
    throw invalid(`rest.extension.classes names ${stranger}, but the only extension here is ${extension}.`)
  }
  const jaas =
    settings.get(jaasKey) ?? /-Djava\.security\.auth\.login\.config=(\S+)/.exec(process.env.KAFKA_OPTS ?? '')?.[1]
  if (jaas === undefined)
    throw invalid(`${simpleName(extension)} needs the setting ${jaasKey}, the path of a JAAS file.`)
  return readCredentials(credentialsFile(jaas))
}

function credentialsFile(jaas: string): string {
  const text = read(jaas, jaasKey)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*(\/\/|#).*$/gm, '')
  const [, entry] = /(?:^|[\s;}])KafkaConnect\s*\{([^}]*)\}\s*;/.exec(text) ?? []
  if (entry === undefined) throw invalid(`${jaas} has no entry KafkaConnect { … };`)
  const { module, options } = parsed(jaas, entry)
  if (module !== 'PropertyFileLoginModule') {
    throw invalid(`${jaas} names the login module ${module}, but the only one here is PropertyFileLoginModule.`)
  }
  if (!options.file) throw invalid(`The login module in ${jaas} needs the option file.`)
  return options.file
}

function parsed(jaas: string, entry: string) {
  try {
    return parseJaas(entry)
  } catch (cause) {
    throw invalid(`The entry KafkaConnect in ${jaas} cannot be read: it is Module required file="path";`, cause)
  }
}

/** Kafka lets everybody in when the file is empty; here that is a mistake. */
function readCredentials(file: string): ReadonlyMap<string, string> {
  const credentials = new Map(parseProperties(read(file, 'file')))
  if (credentials.size === 0) throw invalid(`${file} holds no name and password.`)
  return credentials
}

function read(file: string, key: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw invalid(`${key}: ${messageOf(cause)}`, cause)
  }
}

const simpleName = (name: string) => name.slice(name.lastIndexOf('.') + 1)
const invalid = (message: string, cause?: unknown) => new ConnectError('SETTING_INVALID', message, { cause })
