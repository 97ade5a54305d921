import { Fragment } from 'react'

/** A class with its package: a narrow page breaks it behind a dot, and only a part that is too long within. */
export function ClassName({ name }: { name: string }) {
  const parts = name.split('.')
  return (
    <span className="name [overflow-wrap:anywhere]">
      {parts.map((part, index) => (
        <Fragment key={`${index.toString()} ${part}`}>
          {part}
          {index < parts.length - 1 && (
            <>
              .<wbr />
            </>
          )}
        </Fragment>
      ))}
    </span>
  )
}
