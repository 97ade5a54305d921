import type { FormModel } from '#components/config-form/form-model.ts'

/** The table of contents, with the number of fields that are wrong in each section. */
export function Contents({ model }: { model: FormModel }) {
  const entries = [
    ...model.sections.map((section) => ({ id: section.id, title: section.title, errors: section.errors })),
    ...(model.others.length > 0 ? [{ id: 'section-other-keys', title: 'Other keys', errors: 0 }] : []),
  ]
  return (
    <nav aria-label="Sections" className="sticky top-16 hidden w-40 shrink-0 self-start xl:block">
      <ul className="space-y-0.5">
        {entries.map((entry) => (
          <li key={entry.id}>
            <a
              href={`#${entry.id}`}
              className="flex items-center gap-2 rounded px-2 py-1 text-ink-soft hover:bg-hover hover:text-ink"
            >
              <span className="flex-1">{entry.title}</span>
              {entry.errors > 0 && (
                <span className="num rounded-full bg-failed-soft px-1.5 text-failed text-xs">
                  {entry.errors}
                  <span className="sr-only"> to fix</span>
                </span>
              )}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}
