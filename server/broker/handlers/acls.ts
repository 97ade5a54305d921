import type { Handlers } from '#server/broker/handlers/handler.ts'
import { kafkaErrors } from '#server/protocol/errors.gen.ts'

const disabled = { errorCode: kafkaErrors.SECURITY_DISABLED.code, errorMessage: 'No Authorizer is configured.' }

/** As a Kafka without an authorizer answers. */
export const acls = {
  DescribeAcls: () => ({ ...disabled, resources: [] }),
  CreateAcls: ({ creations }) => ({ results: creations.map(() => disabled) }),
  DeleteAcls: ({ filters }) => ({ filterResults: filters.map(() => ({ ...disabled, matchingAcls: [] })) }),
} satisfies Handlers
