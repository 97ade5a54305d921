import type { Settings } from '#server/bin/settings.ts'
import { systemClock } from '#server/contract/clock.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { secretsIn } from '#server/contract/secret-values.ts'
import { providerAliases } from '#server/core/provider-settings.ts'
import { createLogLevels } from '#server/observe/log-levels.ts'
import { createLogger } from '#server/observe/logger.ts'
import type { Scrubber } from '#server/observe/scrubber.ts'
import { createStreamSink } from '#server/observe/stream-sink.ts'
import { checkGuarded, createConfigResolver } from '#server/runtime/config-resolver.ts'

/** The settings of a worker with their placeholders replaced, and the values among them that must not be told. */
export interface ResolvedSettings {
  settings: Settings
  secrets: string[]
}

/**
 * Replaces placeholders in a worker's own settings, once, before it starts: there is nothing yet that the wait could hold
 * up. Parameters of a provider may use those that stand before it in `config.providers`. Throws SETTING_INVALID for a
 * provider that is configured wrongly, for one without limits in the profile `safe`, and for a placeholder without a value.
 */
export async function resolveSettings(settings: Settings, scrubber: Scrubber): Promise<ResolvedSettings> {
  const resolved = await withProviders(settings, scrubber)
  // What stands there in the open is no less secret than what comes from a provider.
  const open = Object.entries(resolved.settings.values).flatMap(([key, value]) => secretsIn(key, value, () => false))
  for (const secret of open) scrubber.add(secret)
  return { ...resolved, secrets: [...new Set([...resolved.secrets, ...open])] }
}

async function withProviders(settings: Settings, scrubber: Scrubber): Promise<ResolvedSettings> {
  const aliases = providerAliases(settings.values)
  if (aliases.length === 0) return { settings, secrets: [] }
  const { providers } = await import('#server/providers/catalog.ts')
  const secrets = new Set<string>()
  const levels = createLogLevels({ root: 'INFO', clock: systemClock })
  const sink = createStreamSink(process.stderr, 'text')
  const logger = createLogger({ name: 'sluice.worker.provider', sink, levels, clock: systemClock })
  if (settings.get('sluice.profile') === 'safe') checkGuarded(providers, settings.values)

  async function resolveWith(known: readonly string[], current: Settings, concerns: (key: string) => boolean) {
    const raw = Object.fromEntries(Object.entries(current.values).filter(([key]) => concerns(key)))
    await using resolver = createConfigResolver({
      plugins: providers,
      worker: { ...current.values, 'config.providers': known.join() },
      onSecret: (_reference, value) => secrets.add(value),
      env: process.env,
      clock: systemClock,
      logger,
    })
    const { configs, problems } = await resolver.resolve([raw], AbortSignal.timeout(longestMs))
    for (const secret of secrets) scrubber.add(secret)
    if (problems.length > 0) {
      const message = problems.map((problem) => `${problem.field}: ${problem.message}`).join('\n')
      throw new ConnectError('SETTING_INVALID', message, { problems })
    }
    return current.with(configs[0] ?? {})
  }

  let resolved = settings
  for (const [at, alias] of aliases.entries()) {
    const prefix = `config.providers.${alias}.param.`
    resolved = await resolveWith(aliases.slice(0, at), resolved, (key) => key.startsWith(prefix))
  }
  resolved = await resolveWith(aliases, resolved, (key) => !key.startsWith('config.providers'))
  return { settings: resolved, secrets: [...secrets] }
}

const longestMs = 60_000

/** An error about a setting without the values that came from a provider (S-09). */
export function withoutSecrets<Result>(scrubber: Scrubber, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error
    throw new ConnectError(error.code, scrubber.scrub(error.message))
  }
}
