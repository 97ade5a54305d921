import type { RebalanceCause } from '#server/contract/assignments.ts'

/** The causes as a sentence without a full stop. */
export const describeCauses = (causes: readonly RebalanceCause[]): string => causes.map(describe).join('; ')

function describe(cause: RebalanceCause): string {
  switch (cause.kind) {
    case 'joined':
      return `${list(cause.workers)} joined the group`
    case 'left':
      return `${list(cause.workers)} left the group`
    case 'lost':
      return `${list(cause.workers)} stopped answering`
    case 'returned':
      return `${list(cause.workers)} came back`
    case 'drained':
      return `${list(cause.workers)} ${cause.workers.length === 1 ? 'is' : 'are'} to be emptied`
    case 'put back':
      return `${list(cause.workers)} ${cause.workers.length === 1 ? 'takes' : 'take'} work again`
    case 'created':
      return `${list(cause.connectors)} ${cause.connectors.length === 1 ? 'was' : 'were'} created`
    case 'deleted':
      return `${list(cause.connectors)} ${cause.connectors.length === 1 ? 'was' : 'were'} deleted`
    case 'tasks':
      return `the number of tasks of ${list(cause.connectors)} changed`
    case 'leader':
      return cause.gone === null
        ? `${cause.worker} leads the group now`
        : `${cause.gone} left the group; ${cause.worker} leads it now`
    case 'share':
      return 'the share of the work changed'
  }
}

/** A sentence names three at most. */
const list = (names: readonly string[]): string =>
  names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
