import type { ClassKind, ClassRule } from '#server/core/config-def-checks.ts'
import { isConnector, type KnownPlugin, pluginsNamed } from '#server/core/plugin-lookup.ts'

/** The Java interface behind each kind of class, as messages name it. */
const interfaces: Record<ClassKind, { name: string; class: string }> = {
  converter: { name: 'Converter', class: 'org.apache.kafka.connect.storage.Converter' },
  header_converter: { name: 'HeaderConverter', class: 'org.apache.kafka.connect.storage.HeaderConverter' },
  transformation: { name: 'Transformation', class: 'org.apache.kafka.connect.transforms.Transformation' },
  predicate: { name: 'Predicate', class: 'org.apache.kafka.connect.transforms.predicates.Predicate' },
  connector: { name: 'Connector', class: 'org.apache.kafka.connect.connector.Connector' },
}
const abstractClasses = Object.values(interfaces).map((entry) => entry.class)

/** The full name of a class that somebody wrote; undefined when there is no such class. */
export function classResolver(plugins: readonly KnownPlugin[]): (name: string) => string | undefined {
  return (name) => {
    const [plugin] = pluginsNamed(plugins, name)
    if (plugin) return plugin.class
    const exists =
      abstractClasses.includes(name) || name.startsWith('java.lang.') || variantsOf(plugins, name).length > 0
    return exists ? name : undefined
  }
}

/** What Kafka says of a class that exists but cannot serve as the kind that is asked for. */
export function classRuleOf(plugins: readonly KnownPlugin[]): ClassRule {
  return (name, of) => {
    if (plugins.some((plugin) => plugin.class === name && isOfKind(plugin, of))) return undefined
    if (abstractClasses.includes(name)) return 'This class is abstract and cannot be created.'
    const variants = variantsOf(plugins, name)
    if (variants.length > 0) {
      return `This class is abstract and cannot be created. Did you mean ${variants.join(', ')}?`
    }
    return `Class class ${name} does not implement the ${interfaces[of].name} interface`
  }
}

const isOfKind = (plugin: KnownPlugin, of: ClassKind) => (of === 'connector' ? isConnector(plugin) : plugin.type === of)

/** `HoistField` is abstract in Java; what can be created is `HoistField$Key` and `HoistField$Value`. */
const variantsOf = (plugins: readonly KnownPlugin[], name: string): string[] =>
  plugins
    .map((plugin) => plugin.class)
    .filter((candidate) => candidate.startsWith(`${name}$`))
    .sort()
