import { join, sep } from 'node:path'
import { ConnectError } from '#server/contract/errors.ts'
import { allowedPathsField, allowPaths } from '#server/providers/allowed-paths.ts'
import { readSmallFile } from '#server/providers/read-small-file.ts'
import { defineConfigProvider } from '#server/sdk/config-provider.ts'

/** `${dir:/run/secrets:db-password}`: the whole content of one file in a folder, as Kubernetes mounts secrets. */
export const directoryConfigProvider = defineConfigProvider({
  class: 'org.apache.kafka.common.config.provider.DirectoryConfigProvider',
  summary: 'The whole content of one file in a folder: the path is the folder, the key is the name of the file.',
  config: { 'allowed.paths': allowedPathsField },
  guard: 'allowed.paths',
  example: { params: { 'allowed.paths': '/run/secrets' }, value: '${dir:/run/secrets:db-password}' },
  open(params) {
    const checked = allowPaths(params['allowed.paths'])
    return {
      async get(path, keys) {
        const folder = checked(path)
        const found = await Promise.all(
          keys.filter(isFileName).map(async (key): Promise<[string, string]> => {
            // A file may be a link that leads out of the folder.
            const file = checked(join(folder, key))
            return [key, await textOf(file, join(path, key))]
          }),
        )
        return { values: new Map(found) }
      },
      async [Symbol.asyncDispose]() {},
    }
  },
})

/** The folders below are not searched, nor those above. */
const isFileName = (key: string) => key !== '' && key !== '.' && key !== '..' && !key.includes(sep)

async function textOf(real: string, path: string): Promise<string> {
  try {
    return await readSmallFile(real)
  } catch (cause) {
    throw new ConnectError('CONFIG_INVALID', `Could not read file ${path}`, { cause })
  }
}
