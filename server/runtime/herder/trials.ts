import type { ConnectorConfig } from '#server/contract/connector.ts'
import type { Herder } from '#server/contract/herder.ts'
import { connectorProblems } from '#server/core/config-errors.ts'
import type { HerderContext } from '#server/runtime/herder/context.ts'
import type { Validation } from '#server/runtime/herder/validation.ts'

/** What a connector is called that has no name yet. */
const nameless = 'preview'

/**
 * Configs that are tried before they are saved. What a worker would refuse to run it refuses to try: a preview reads what the
 * connector would read.
 */
export function createTrials(
  { host, clock }: Pick<HerderContext, 'host' | 'clock'>,
  validation: Validation,
): Pick<Herder, 'preview' | 'testConnection'> {
  return {
    async preview(plugin, request) {
      const config = named(plugin, request.config)
      await validation.ensureValid(config)
      return host.preview({ ...request, config })
    },
    async testConnection(plugin, given) {
      const config = named(plugin, given)
      const begunAt = clock.monotonic()
      const problems = connectorProblems(await validation.validate(config))
      const title = 'Check the config'
      if (problems.length > 0) {
        const steps = problems.map(({ field, message }) => ({
          title,
          outcome: 'failed' as const,
          field,
          detail: message,
          hint: 'Fix the field.',
          ms: 0,
        }))
        return { ok: false, steps }
      }
      const checked = { title, outcome: 'passed' as const, ms: clock.monotonic() - begunAt }
      const { ok, steps } = await host.testConnection(config)
      return { ok, steps: [checked, ...steps] }
    },
  }
}

const named = (plugin: string, config: ConnectorConfig): ConnectorConfig => ({
  ...config,
  name: config.name || nameless,
  'connector.class': config['connector.class'] ?? plugin,
})
