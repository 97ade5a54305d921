import type { ConfigInfos, ConnectorConfig } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { isKeptSecret, keptSecret } from '#server/contract/kept-secret.ts'
import { type IsPassword, isSecret } from '#server/contract/secret-values.ts'

/** The config with every secret replaced by the word for "unchanged". */
export function maskConfig(config: ConnectorConfig, isPassword: IsPassword): ConnectorConfig {
  return mapConfig(config, (key, value) => (isSecret(key, value, isPassword) ? keptSecret : value))
}

const missingSecret = 'No secret is stored for this key: please type it.'

/** A config with the stored values in place of "unchanged". Every other key passes as it is, known or not. */
export interface Filled {
  /** Without the keys that are missing: the word for "unchanged" never reaches a worker. */
  config: ConnectorConfig
  /** Keys that are to stay unchanged, but nothing is stored for them. */
  missing: string[]
  /** The values that were filled in, for `hideSecrets`. */
  secrets: string[]
}

/** Whether something in a config is to stay as it is stored. */
export const keepsSecrets = (config: ConnectorConfig): boolean => Object.values(config).some(isKeptSecret)

export function fillSecrets(config: ConnectorConfig, stored: ConnectorConfig): Filled {
  const missing: string[] = []
  const secrets: string[] = []
  const filled = Object.entries(config).flatMap(([key, value]): [string, string | null][] => {
    if (!isKeptSecret(value)) return [[key, value]]
    const kept = Object.hasOwn(stored, key) ? stored[key] : undefined
    if (kept === undefined || kept === null) {
      missing.push(key)
      return []
    }
    secrets.push(kept)
    return [[key, kept]]
  })
  return { config: Object.fromEntries(filled), missing, secrets }
}

/** As `fillSecrets`, for a config that is to run: throws CONFIG_INVALID where nothing is stored. */
export function restoreSecrets(config: ConnectorConfig, stored: ConnectorConfig): Filled {
  const filled = fillSecrets(config, stored)
  if (filled.missing.length === 0) return filled
  throw new ConnectError('CONFIG_INVALID', `No secret is stored for ${filled.missing.join(', ')}: please type it.`, {
    problems: filled.missing.map((field) => ({ field, message: missingSecret })),
  })
}

/**
 * A validate answer for the browser: secrets that were filled in read "unchanged", messages that quote one do not, and a
 * secret that is missing is told at its field.
 */
export function maskInfos(infos: ConfigInfos, sent: ConnectorConfig, { missing, secrets }: Filled): ConfigInfos {
  const known = new Set(infos.configs.map(({ value }) => value.name))
  const unknown = missing.filter((key) => !known.has(key))
  return {
    ...infos,
    errorCount: infos.errorCount + missing.length,
    configs: [
      ...infos.configs.map(({ definition, value }) => ({
        definition,
        value: {
          ...value,
          value: isKeptSecret(sent[value.name]) ? keptSecret : value.value,
          errors: [
            ...value.errors.map((message) => hideSecrets(message, secrets)),
            ...(missing.includes(value.name) ? [missingSecret] : []),
          ],
        },
      })),
      ...unknown.map((name) => ({
        definition: null,
        value: { name, value: keptSecret, recommendedValues: [], errors: [missingSecret], visible: true },
      })),
    ],
  }
}

/** Runs what was asked with a filled config; an error that quotes one of its secrets is thrown without it. */
export async function hidingSecrets<Result>(secrets: readonly string[], work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof ConnectError) || secrets.length === 0) throw error
    throw new ConnectError(error.code, hideSecrets(error.message, secrets), {
      status: error.status,
      problems: error.problems.map(({ field, message }) => ({ field, message: hideSecrets(message, secrets) })),
    })
  }
}

/** A short secret is hidden where it stands alone; anywhere else it would tear words apart. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret !== '')
    .toSorted((a, b) => b.length - a.length)
    .reduce(
      (result, secret) =>
        secret.length > 3
          ? result.replaceAll(secret, '[hidden]')
          : result.replace(new RegExp(`(?<!\\w)${escapePattern(secret)}(?!\\w)`, 'g'), '[hidden]'),
      text,
    )
}

const escapePattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/** S-22: keys come from outside, so the result is built without assignments to a prototype. */
function mapConfig(
  config: ConnectorConfig,
  map: (key: string, value: string | null) => string | null,
): ConnectorConfig {
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, map(key, value)]))
}
