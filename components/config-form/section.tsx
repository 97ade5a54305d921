import type { ReactNode } from 'react'
import { FoldedFields } from '#components/config-form/folded-fields.tsx'
import type { FormField } from '#components/config-form/form-field.ts'
import type { FieldSection } from '#components/config-form/form-model.ts'

/** A group of settings. */
export function Section({ section, children }: { section: FieldSection; children: (field: FormField) => ReactNode }) {
  return (
    <SectionFrame id={section.id} title={section.title}>
      <FoldedFields fields={section.fields}>{children}</FoldedFields>
    </SectionFrame>
  )
}

/** What every part of the form has: a heading, and a place to which the table of contents leads. */
export function SectionFrame({ id, title, children }: { id: string; title: string; children: ReactNode }) {
  return (
    <section
      id={id}
      aria-labelledby={`${id}-title`}
      className="scroll-mt-16 border-t pt-4 pb-2 first:border-t-0 first:pt-0"
    >
      <h2 id={`${id}-title`} className="mb-1 pl-3 font-semibold text-base">
        {title}
      </h2>
      {children}
    </section>
  )
}
