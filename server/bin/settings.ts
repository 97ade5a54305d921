import { existsSync, readFileSync } from 'node:fs'
import { ConnectError } from '#server/contract/errors.ts'
import { parseProperties } from '#server/sdk/java-properties.ts'

/**
 * Every setting of a process as one flat map of Kafka's dotted keys: flags over environment over file.
 *
 * - Flags: `--bootstrap.servers=host:9092`, `--bootstrap.servers host:9092`, and a bare `--dev` means `true`.
 * - Environment: `CONNECT_A_B` is `a.b`, as Kafka's images spell it (`__` is `-`, `___` is `_`); the names in
 *   `ownVariables` are ours.
 * - File: a Java `.properties` file.
 */
export interface Settings {
  /** Keys in Kafka's spelling; prototype-less, because its keys come from outside. */
  readonly values: Readonly<Record<string, string>>
  /** Where a value came from, for messages: `--port`, `PORT`, `worker.properties`. */
  origin(key: string): string
  get(key: string): string | undefined
  /** A TCP port; 0 lets the system choose. */
  port(key: string): number | undefined
  count(key: string, range: { min: number; max: number }): number | undefined
  positional: readonly string[]
  /** The same with other values for some keys. */
  with(changed: Readonly<Record<string, string>>): Settings
}

/** Variables that do not follow the `CONNECT_` rule, and the key that each one is. */
export const ownVariables = {
  PORT: 'console.port',
  CONNECT_REST_PORT: 'rest.port',
  BROKER_PORT: 'broker.port',
  BOOTSTRAP_SERVERS: 'bootstrap.servers',
  DATABASE_URL: 'database.url',
  SLUICE_DATA_DIR: 'sluice.data.dir',
  SLUICE_WORKERS: 'sluice.workers',
  SLUICE_FILE_ROOTS: 'sluice.file.roots',
} as const

export function readSettings(input: {
  args: readonly string[]
  env: Readonly<Record<string, string | undefined>>
  file?: string
}): Settings {
  const values: Record<string, string> = Object.create(null)
  const origins: Record<string, string> = Object.create(null)
  const set = (key: string, value: string, origin: string) => {
    values[key] = value
    origins[key] = origin
  }

  const flags = parseFlags(input.args)
  const file = input.file ?? flags.positional.find((argument) => argument.endsWith('.properties'))
  if (file !== undefined) {
    for (const [key, value] of parseProperties(readText(file))) set(key, value, file)
  }
  for (const [name, value] of Object.entries(input.env)) {
    const key = keyOfVariable(name)
    if (key !== undefined && value !== undefined && value !== '') set(key, value, name)
  }
  for (const [key, value] of flags.named) set(key, value, `--${key}`)

  return settingsOf(values, origins, flags.positional)
}

function settingsOf(
  values: Readonly<Record<string, string>>,
  origins: Readonly<Record<string, string>>,
  positional: readonly string[],
): Settings {
  const settings: Settings = {
    values,
    positional,
    origin: (key) => origins[key] ?? `the default of ${key}`,
    get: (key) => values[key],
    port: (key) => settings.count(key, { min: 0, max: 65_535 }),
    count(key, { min, max }) {
      const given = values[key]
      if (given === undefined) return undefined
      const parsed = /^\d+$/.test(given.trim()) ? Number(given) : Number.NaN
      if (!(parsed >= min && parsed <= max)) {
        throw new ConnectError(
          'SETTING_INVALID',
          `${origins[key]} is "${given}", but must be a whole number from ${min} to ${max}.`,
        )
      }
      return parsed
    },
    with: (changed) => settingsOf(Object.assign(Object.create(null), values, changed), origins, positional),
  }
  return settings
}

/** `CONNECT_GROUP_ID` → `group.id`; undefined for variables that are none of ours. */
export function keyOfVariable(name: string): string | undefined {
  if (Object.hasOwn(ownVariables, name)) return ownVariables[name as keyof typeof ownVariables]
  if (!name.startsWith('CONNECT_')) return undefined
  return name
    .slice('CONNECT_'.length)
    .toLowerCase()
    .replace(/___|__|_/g, (run) => (run === '___' ? '_' : run === '__' ? '-' : '.'))
}

function parseFlags(args: readonly string[]) {
  const named: [string, string][] = []
  const positional: string[] = []
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? ''
    if (!argument.startsWith('--')) {
      positional.push(argument)
      continue
    }
    const [key = '', ...given] = argument.slice(2).split('=')
    const next = args[index + 1]
    if (given.length > 0) named.push([key, given.join('=')])
    else if (next !== undefined && !next.startsWith('--') && !bareFlags.has(key)) {
      named.push([key, next])
      index += 1
    } else named.push([key, 'true'])
  }
  return { named, positional }
}

/** Flags that never take the next word as their value. */
const bareFlags: ReadonlySet<string> = new Set(['dev', 'help', 'version', 'json'])

function readText(file: string): string {
  if (!existsSync(file)) {
    throw new ConnectError('SETTING_INVALID', `The properties file ${file} does not exist.`)
  }
  return readFileSync(file, 'utf8')
}
