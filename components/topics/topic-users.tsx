import Link from 'next/link'
import { Fragment } from 'react'

interface Props {
  /** Undefined while it is asked, and where nobody answers. */
  users: { writers: readonly string[]; readers: readonly string[] } | undefined
  hrefOf: (connector: string) => string
}

/** The connectors that write and read a topic, each a way there. The line is kept free until they are known. */
export function TopicUsers({ users, hrefOf }: Props) {
  const parts = (
    [
      ['written by', users?.writers],
      ['read by', users?.readers],
    ] as const
  ).flatMap(([words, names = []]) => (names.length > 0 ? [{ words, names }] : []))
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll area must be reachable by keyboard
      tabIndex={0}
      aria-label="Connectors of this topic"
      className="min-h-10 [overflow-wrap:anywhere] sm:min-h-5 sm:overflow-x-auto sm:whitespace-nowrap"
    >
      {users && parts.length === 0 && 'no connector writes or reads it'}
      {parts.map(({ words, names }, at) => (
        <Fragment key={words}>
          {at > 0 && ' · '}
          {words}{' '}
          {names.map((name, index) => (
            <Fragment key={name}>
              {index > 0 && ', '}
              <Link href={hrefOf(name)} className="name text-ink text-xs hover:underline">
                {name}
              </Link>
            </Fragment>
          ))}
        </Fragment>
      ))}
    </section>
  )
}
