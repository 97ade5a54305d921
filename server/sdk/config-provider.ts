import type { Clock } from '#server/contract/clock.ts'
import type { ConfigOf, Fields } from '#server/contract/config-field.ts'
import type { Logger } from '#server/contract/logger.ts'
import { pluginKind } from '#server/sdk/connector.ts'

/** What a provider answers (Kafka: `ConfigData`). */
export interface ConfigData {
  /** The values that there are, by key; a key without a value is absent. */
  values: ReadonlyMap<string, string>
  /** For how many milliseconds they hold; absent: until further notice. */
  ttlMs?: number
  /** Prolongs the values; answers for how many milliseconds, or undefined when they are at their end and have to be read anew. */
  renew?(signal: AbortSignal): Promise<number | undefined>
}

/** Finds the values behind `${alias:path:key}` (Kafka: `ConfigProvider`). Disposing of it ends what it keeps alive. */
export interface ConfigProvider extends AsyncDisposable {
  /**
   * Reads from where the values are, not from memory. Throws `ConnectError` with a message that names path and key, never a
   * value. `path` is empty in `${alias:key}`.
   */
  get(path: string, keys: readonly string[], signal: AbortSignal): Promise<ConfigData>
}

export interface ConfigProviderContext {
  clock: Clock
  logger: Logger
  /** The variables of the process. */
  env: Readonly<Record<string, string | undefined>>
}

export interface ConfigProviderDefinition<F extends Fields = Fields> {
  /** The Java class where Kafka users know one. */
  class: string
  summary: string
  /** Its parameters: `config.providers.<alias>.param.<key>`. */
  config: F
  /** The parameter that narrows what it can reach; the profile `safe` refuses the provider without it. */
  guard?: keyof F & string
  /** Worker settings and a value of a connector that go together, for the docs; tested. */
  example: { params: Readonly<Record<string, string>>; value: string }
  open(params: ConfigOf<F>, context: ConfigProviderContext): ConfigProvider
}

export type ConfigProviderPlugin = Omit<ConfigProviderDefinition, 'open'> & {
  readonly [pluginKind]: 'config_provider'
  open(params: never, context: ConfigProviderContext): ConfigProvider
}

/** Introduces a config provider. */
export const defineConfigProvider = <const F extends Fields>(
  definition: ConfigProviderDefinition<F>,
): ConfigProviderPlugin => ({ ...definition, [pluginKind]: 'config_provider' }) as unknown as ConfigProviderPlugin
