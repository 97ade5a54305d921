import type { Logger } from '#server/contract/logger.ts'
import { kafkaErrors } from '#server/protocol/errors.gen.ts'
import { KafkaError, type KafkaErrorName } from '#server/protocol/kafka-errors.ts'

export const codeOf = (name: KafkaErrorName): number => kafkaErrors[name].code

export interface ErrorAnswer {
  errorCode: number
  errorMessage: string | null
}

export const noError: ErrorAnswer = { errorCode: 0, errorMessage: null }

/** An error as answers carry it. What is no error of Kafka's is a fault of ours: logged, and answered as unknown. */
export function errorAnswer(error: unknown, logger: Logger): ErrorAnswer {
  if (error instanceof KafkaError) {
    if (error.cause !== undefined) logger.error(error.message, { code: error.errorName, error })
    return { errorCode: error.code, errorMessage: error.message.replace(`${error.errorName}: `, '') }
  }
  logger.error('a request failed', { error })
  return { errorCode: codeOf('UNKNOWN_SERVER_ERROR'), errorMessage: kafkaErrors.UNKNOWN_SERVER_ERROR.message }
}

/** Runs one part of a request; its failure is its own answer and leaves the other parts alone. */
export function attempt(logger: Logger, action: () => void): ErrorAnswer {
  try {
    action()
    return noError
  } catch (error) {
    return errorAnswer(error, logger)
  }
}
