import { text } from '#server/contract/config-field.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { defineConfigProvider } from '#server/sdk/config-provider.ts'
import { compilePattern } from '#server/sdk/pattern.ts'

/** `${env:DB_PASSWORD}`: a variable of the worker's process (KIP-887). */
export const envVarConfigProvider = defineConfigProvider({
  class: 'org.apache.kafka.common.config.provider.EnvVarConfigProvider',
  summary: 'A variable of the process: the key is its name, and there is no path.',
  config: {
    'allowlist.pattern': text({
      doc: 'A pattern or regular expression that needs to match for environment variables to be used by this config provider.',
      importance: 'low',
      default: '.*',
      checks: [{ check: 'regex' }],
    }),
  },
  guard: 'allowlist.pattern',
  example: { params: { 'allowlist.pattern': 'CONNECTOR_.*' }, value: '${env:CONNECTOR_PASSWORD}' },
  open(params, { env }) {
    const allowed = compilePattern(params['allowlist.pattern'])
    return {
      async get(path, keys) {
        if (path !== '') {
          throw new ConnectError(
            'CONFIG_INVALID',
            `Path is not supported for EnvVarConfigProvider, invalid value '${path}'`,
          )
        }
        const found = keys.flatMap((key): [string, string][] => {
          const value = Object.hasOwn(env, key) && allowed.matches(key) ? env[key] : undefined
          return value === undefined ? [] : [[key, value]]
        })
        return { values: new Map(found) }
      },
      async [Symbol.asyncDispose]() {},
    }
  },
})
