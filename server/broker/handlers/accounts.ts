import { codeOf } from '#server/broker/error-answer.ts'
import type { Handlers } from '#server/broker/handlers/handler.ts'

const noQuotas = { errorCode: codeOf('INVALID_REQUEST'), errorMessage: 'The embedded broker has no quotas.' }
const noUsers = { errorCode: codeOf('SECURITY_DISABLED'), errorMessage: 'The embedded broker has no users.' }

/** Users and their quotas: there are none, since nobody has to say who it is. */
export const accounts = {
  DescribeClientQuotas: () => ({ errorCode: 0, errorMessage: null, entries: [] }),
  AlterClientQuotas: ({ entries }) => ({ entries: entries.map(({ entity }) => ({ ...noQuotas, entity })) }),
  DescribeUserScramCredentials: ({ users }) => ({
    errorCode: 0,
    results: (users ?? []).map(({ name: user }) => ({
      user,
      errorCode: codeOf('RESOURCE_NOT_FOUND'),
      errorMessage: `Attempt to describe a user credential that does not exist: ${user}`,
      credentialInfos: [],
    })),
  }),
  AlterUserScramCredentials: ({ deletions, upsertions }) => ({
    results: [...new Set([...deletions, ...upsertions].map(({ name }) => name))].map((user) => ({ user, ...noUsers })),
  }),
} satisfies Handlers
