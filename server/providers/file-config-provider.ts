import { ConnectError } from '#server/contract/errors.ts'
import { allowedPathsField, allowPaths } from '#server/providers/allowed-paths.ts'
import { readSmallFile } from '#server/providers/read-small-file.ts'
import { defineConfigProvider } from '#server/sdk/config-provider.ts'
import { parseProperties } from '#server/sdk/java-properties.ts'

/** `${file:/etc/secrets/db.properties:password}`: one property of a Java properties file. */
export const fileConfigProvider = defineConfigProvider({
  class: 'org.apache.kafka.common.config.provider.FileConfigProvider',
  summary: 'One property of a Java properties file: the path is the file, the key is the property.',
  config: { 'allowed.paths': allowedPathsField },
  guard: 'allowed.paths',
  example: { params: { 'allowed.paths': '/etc/secrets' }, value: '${file:/etc/secrets/db.properties:password}' },
  open(params) {
    const checked = allowPaths(params['allowed.paths'])
    return {
      async get(path, keys) {
        const properties = new Map(parseProperties(await textOf(checked(path), path)))
        return { values: new Map([...properties].filter(([key]) => keys.includes(key))) }
      },
      async [Symbol.asyncDispose]() {},
    }
  },
})

async function textOf(real: string, path: string): Promise<string> {
  try {
    return await readSmallFile(real)
  } catch (cause) {
    throw new ConnectError('CONFIG_INVALID', `Could not read properties from file ${path}`, { cause })
  }
}
