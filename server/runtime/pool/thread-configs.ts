import type { Clock } from '#server/contract/clock.ts'
import type { TaskId } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import { type IsPassword, secretsIn } from '#server/contract/secret-values.ts'
import type { Scrubber } from '#server/observe/scrubber.ts'
import {
  type ConfigResolver,
  createConfigResolver,
  type Reading,
  type ResolvedConfigs,
} from '#server/runtime/config-resolver.ts'
import { watchConfig } from '#server/runtime/config-watch.ts'
import { lateAfter } from '#server/runtime/unless-aborted.ts'
import type { ConfigProviderPlugin } from '#server/sdk/config-provider.ts'

/** Something that runs with a resolved config. */
export type ConfiguredInstance = { connector: string } | { task: TaskId }

/** Configs with their placeholders replaced, which never leave the thread. */
export interface ThreadConfigs extends AsyncDisposable {
  readonly aliases: ConfigResolver['aliases']
  /**
   * For an instance that starts, its connector's config first: throws CONFIG_INVALID with each placeholder that cannot be replaced. Until `signal` aborts
   * the values are kept alive; when they have changed or come to their end, the instance is told to be out of date, unless
   * its `config.action.reload` says `none`. A provider may take as long as it likes, until `signal` aborts: then this rejects
   * with its reason.
   */
  open(
    raws: readonly Readonly<Record<string, string>>[],
    instance: ConfiguredInstance,
    signal: AbortSignal,
    reading?: Reading,
  ): Promise<ResolvedConfigs>
  /** For a look at a config: what cannot be replaced is among the problems, and so is what takes longer than half a minute. */
  look(raw: Readonly<Record<string, string>>): Promise<ResolvedConfigs>
}

const recentMs = 30_000
/** Somebody waits for what is looked at, and is told which provider does not answer before the request times out. */
const lookWithinMs = 30_000
/** What ends may have last words. */
const lingerMs = 30_000

export function createThreadConfigs(options: {
  providers: readonly ConfigProviderPlugin[]
  worker: Readonly<Record<string, string>>
  scrubber: Scrubber
  isPassword: IsPassword
  onStale(instance: ConfiguredInstance): void
  clock: Clock
  logger: Logger
}): ThreadConfigs {
  const { clock, worker, scrubber, isPassword } = options
  const logger = options.logger.child('provider')
  const closing = new AbortController()
  const resolver = createConfigResolver({
    plugins: options.providers,
    worker,
    onSecret: rememberSecrets(scrubber),
    env: process.env,
    clock,
    logger,
  })

  /** S-09: what configs hold in the open stays out of every text until a while after `ended`. */
  function keepOut({ configs, resolved }: ResolvedConfigs, ended: AbortSignal): void {
    const provided = new Set(resolved.values())
    const secrets = configs
      .flatMap((config) => Object.entries(config))
      .flatMap(([key, value]) => secretsIn(key, value, isPassword))
      .filter((secret) => isTelling(secret) && !provided.has(secret))
    const forget = [...new Set(secrets)].map((secret) => scrubber.add(secret))
    if (forget.length === 0) return
    const forgetAll = async () => {
      await clock.sleep(lingerMs, closing.signal)
      for (const each of forget) each()
    }
    if (ended.aborted) void forgetAll()
    else ended.addEventListener('abort', () => void forgetAll(), { once: true })
  }

  return {
    aliases: resolver.aliases,
    async look(raw) {
      using late = lateAfter(clock, lookWithinMs, 'the config provider')
      const signal = AbortSignal.any([late.signal, closing.signal])
      const found = await resolver.resolve([raw], signal, { recentMs })
      keepOut(found, AbortSignal.abort())
      return found
    },
    async open(raws, instance, ended, reading) {
      const signal = AbortSignal.any([ended, closing.signal])
      const opened = await resolver.resolve(raws, signal, { ...(reading && { reading }) })
      signal.throwIfAborted()
      keepOut(opened, ended)
      if (opened.problems.length > 0) {
        const messages = new Set(opened.problems.map(({ message }) => message))
        throw new ConnectError('CONFIG_INVALID', [...messages].join('\n'), { problems: opened.problems })
      }
      const fields = 'task' in instance ? instance.task : instance
      const restarts = opened.configs[0]?.['config.action.reload']?.trim() !== 'none'
      watchConfig({
        sources: opened.sources,
        onStale(source) {
          logger.info(`What ${source} stands for has changed or ended${restarts ? ': it starts again' : ''}`, fields)
          if (restarts) options.onStale(instance)
        },
        signal,
        clock,
        logger,
      })
      return opened
    },
    async [Symbol.asyncDispose]() {
      closing.abort()
      await resolver[Symbol.asyncDispose]()
    },
  }
}

/** Words that every text may contain are nobody's secret. */
const isTelling = (value: string): boolean => !/^(true|false|null|none)$/i.test(value)

/** S-09: the newest two values of each placeholder stay out of every text; the older may still be in use, or in an error. */
function rememberSecrets(scrubber: Scrubber): (reference: string, value: string) => void {
  const known = new Map<string, { value: string; forget: () => void }[]>()
  return (reference, value) => {
    const values = known.get(reference) ?? []
    if (values[0]?.value === value || !isTelling(value)) return
    values.unshift({ value, forget: scrubber.add(value) })
    for (const old of values.splice(2)) old.forget()
    known.set(reference, values)
  }
}
