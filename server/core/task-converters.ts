export const converterRoles = ['key', 'value', 'header'] as const
export type ConverterRole = (typeof converterRoles)[number]

/** Which converter a task uses in a role, and its own settings without the prefix. */
export interface ChosenConverter {
  class: string
  config: Record<string, string>
}

const fallback: Record<ConverterRole, string> = {
  key: 'org.apache.kafka.connect.json.JsonConverter',
  value: 'org.apache.kafka.connect.json.JsonConverter',
  header: 'org.apache.kafka.connect.storage.SimpleHeaderConverter',
}

/**
 * The connector's own converter with the settings under its own prefix, else the worker's with the worker's: the two are
 * never mixed (Kafka: `Plugins.newConverter`).
 */
export function chooseConverter(
  role: ConverterRole,
  connector: Readonly<Record<string, string>>,
  worker: Readonly<Record<string, string>>,
): ChosenConverter {
  const key = `${role}.converter`
  const from = connector[key]?.trim() ? connector : worker
  const config: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(from)) {
    if (name.startsWith(`${key}.`)) config[name.slice(key.length + 1)] = value
  }
  config['converter.type'] = role
  return { class: from[key]?.trim() || fallback[role], config }
}
