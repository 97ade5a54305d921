import { ConnectError } from '#server/contract/errors.ts'

/** A setting of Kafka's clients that cannot be used. `why` never repeats the value: it may be a secret. */
export const invalidSetting = (key: string, why: string, cause?: unknown): ConnectError =>
  new ConnectError('SETTING_INVALID', `Invalid value for configuration ${key}: ${why}`, { cause })
