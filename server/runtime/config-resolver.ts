import type { Clock } from '#server/contract/clock.ts'
import { ConnectError, messageOf, type Problem } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import { parseConfig } from '#server/core/config-def.ts'
import { type Reference, referencesIn, replaceReferences } from '#server/core/placeholders.ts'
import { type ProviderSetting, providerSettings } from '#server/core/provider-settings.ts'
import { unlessAborted } from '#server/runtime/unless-aborted.ts'
import type { ConfigData, ConfigProvider, ConfigProviderPlugin } from '#server/sdk/config-provider.ts'

/** Configs with their placeholders replaced, as far as that could be done. */
export interface ResolvedConfigs {
  configs: Record<string, string>[]
  /** What was found, by placeholder. */
  resolved: ReadonlyMap<string, string>
  /** Why placeholders of known providers were not replaced, by key; never a value. Others are left as they stand, as in Kafka. */
  problems: readonly Problem[]
  /** What was read, for whoever watches over it. */
  sources: readonly ConfigSource[]
}

/** Everything that was read of one path of one provider. */
export interface ConfigSource {
  /** `${alias:path:…}`, for log lines. */
  name: string
  data: ConfigData
  /** Reads the same keys again. */
  again(signal: AbortSignal): Promise<ConfigData>
}

/** Replaces placeholders by what the worker's config providers answer (Kafka: `WorkerConfigTransformer`). */
export interface ConfigResolver extends AsyncDisposable {
  /** The aliases under which providers are configured. */
  readonly aliases: ReadonlySet<string>
  /**
   * Resolves configs that belong together: what several of them name is read once. Never rejects: what fails is among the
   * problems, and so is what has no answer when the signal aborts, whether or not the provider listens to it.
   */
  resolve(
    raws: readonly Readonly<Record<string, string>>[],
    signal: AbortSignal,
    options?: ResolveOptions,
  ): Promise<ResolvedConfigs>
}

/** Knows what is being read while that lasts, by the name of a `ConfigSource`. */
export type Reading = <Result>(source: string, read: () => Promise<Result>) => Promise<Result>

export interface ResolveOptions {
  /**
   * What was read for this purpose within so many milliseconds serves again: somebody who types a config must not make a
   * credential with every key that is pressed.
   */
  recentMs?: number
  reading?: Reading
}

/** Opens every provider of the worker's settings; throws SETTING_INVALID for one that is unknown or configured wrongly. */
export function createConfigResolver(options: {
  plugins: readonly ConfigProviderPlugin[]
  /** The worker's properties, with `config.providers` and what is below it. */
  worker: Readonly<Record<string, string>>
  /** Told of each value that was found. */
  onSecret(reference: string, value: string): void
  env: Readonly<Record<string, string | undefined>>
  clock: Clock
  logger: Logger
}): ConfigResolver {
  const { clock, logger, env } = options
  const providers = new Map(
    providerSettings(options.worker).map((setting) => [setting.alias, openProvider(options.plugins, setting)]),
  )

  function openProvider(plugins: readonly ConfigProviderPlugin[], setting: ProviderSetting): ConfigProvider {
    const plugin = providerOf(plugins, setting)
    const parsed = parseConfig(plugin.config, setting.params)
    if (!parsed.ok) {
      const problem = parsed.problems[0]
      throw new ConnectError(
        'SETTING_INVALID',
        `config.providers.${setting.alias}.param.${problem?.field}: ${problem?.message}`,
      )
    }
    return plugin.open(parsed.value as never, { clock, logger: logger.child(setting.alias), env })
  }

  const recent = new Map<string, { at: number; source: ConfigSource }>()

  async function readOrReuse(
    wanted: readonly Reference[],
    signal: AbortSignal,
    recentMs: number,
  ): Promise<ConfigSource> {
    for (const [name, { at }] of recent) if (clock.monotonic() - at >= recentMs) recent.delete(name)
    const name = [...new Set(wanted.map(({ text }) => text))].sort().join()
    const known = recent.get(name)
    if (known) return known.source
    const source = await read(wanted, signal)
    recent.set(name, { at: clock.monotonic(), source })
    return source
  }

  async function read(wanted: readonly Reference[], signal: AbortSignal): Promise<ConfigSource> {
    const [first] = wanted
    const provider = providers.get(first?.provider ?? '')
    const path = first?.path ?? ''
    const keys = [...new Set(wanted.map(({ key }) => key))]
    const again = async (asked: AbortSignal): Promise<ConfigData> =>
      (await provider?.get(path, keys, asked)) ?? { values: new Map() }
    return { name: sourceName(first), data: await unlessAborted(signal, () => again(signal)), again }
  }

  return {
    aliases: new Set(providers.keys()),
    async resolve(raws, signal, { recentMs, reading = justRead } = {}) {
      const entries = raws.flatMap((raw) => Object.entries(raw))
      const references = entries
        .flatMap(([, value]) => referencesIn(value))
        .filter(({ provider }) => providers.has(provider))
      const resolved = new Map<string, string>()
      const failures = new Map<string, string>()
      const sources: ConfigSource[] = []
      for (const wanted of Map.groupBy(references, ({ provider, path }) => `${provider}:${path}`).values()) {
        try {
          const find = () => (recentMs === undefined ? read(wanted, signal) : readOrReuse(wanted, signal, recentMs))
          const source = await reading(sourceName(wanted[0]), find)
          sources.push(source)
          for (const { text, key } of wanted) {
            const value = source.data.values.get(key)
            if (value === undefined) failures.set(text, `Could not resolve ${text}: there is no value for this key`)
            else {
              resolved.set(text, value)
              options.onSecret(text, value)
            }
          }
        } catch (error) {
          for (const { text } of wanted) failures.set(text, `Could not resolve ${text}: ${messageOf(error)}`)
        }
      }
      const configs = raws.map((raw) =>
        Object.fromEntries(
          Object.entries(raw).map(([key, value]) => [key, replaceReferences(value, (text) => resolved.get(text))]),
        ),
      )
      const problems = entries.flatMap(([field, value]) => {
        const messages = new Set(referencesIn(value).flatMap(({ text }) => failures.get(text) ?? []))
        return [...messages].map((message) => ({ field, message }))
      })
      return { configs, resolved, problems, sources }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...providers.values()].map((provider) => provider[Symbol.asyncDispose]()))
    },
  }
}

const justRead: Reading = (_source, read) => read()

const sourceName = (reference: Reference | undefined): string =>
  `\${${reference?.provider}:${reference?.path ? `${reference.path}:` : ''}…}`

function providerOf(plugins: readonly ConfigProviderPlugin[], { alias, className }: ProviderSetting) {
  const found = plugins.find((plugin) => plugin.class === className || simpleName(plugin.class) === className)
  if (found) return found
  throw new ConnectError(
    'SETTING_INVALID',
    `Invalid value ${className} for configuration config.providers.${alias}.class: Class ${className} could not be found.`,
  )
}

const simpleName = (className: string) => className.slice(className.lastIndexOf('.') + 1)

/** Throws SETTING_INVALID for a provider that could reach everything, where that is not allowed (S-05). */
export function checkGuarded(plugins: readonly ConfigProviderPlugin[], worker: Readonly<Record<string, string>>): void {
  for (const setting of providerSettings(worker)) {
    const { guard } = providerOf(plugins, setting)
    if (guard === undefined || (setting.params[guard] ?? '').trim() !== '') continue
    throw new ConnectError(
      'SETTING_INVALID',
      `Missing required configuration "config.providers.${setting.alias}.param.${guard}": in the profile safe it has to say what this provider may reach.`,
    )
  }
}
