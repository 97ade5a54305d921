import type { ReactNode } from 'react'

/** The head of a page: its name, a line about it, and what can be done here. */
export function PageTitle({
  title,
  about,
  children,
  mono = false,
}: {
  title: ReactNode
  about?: ReactNode
  children?: ReactNode
  mono?: boolean
}) {
  return (
    <header className="mb-4 flex flex-wrap items-start gap-x-4 gap-y-2">
      <div className="min-w-0 flex-1 basis-60">
        <h1 className={mono ? 'name break-all font-semibold text-xl' : 'font-semibold text-xl'}>{title}</h1>
        {about && <div className="mt-0.5 text-ink-soft">{about}</div>}
      </div>
      {children && <div className="flex flex-wrap items-center gap-2">{children}</div>}
    </header>
  )
}
