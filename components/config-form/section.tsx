'use client'
import { ChevronRight } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { FormField, FormSection } from '#components/config-form/form-model.ts'
import { Button } from '#components/ui/button.tsx'
import { cx } from '#components/ui/cx.ts'
import { count } from '#components/ui/format.ts'

/** A group of settings: what matters in sight, the rest behind one button that says how many there are. */
export function Section({ section, children }: { section: FormSection; children: (field: FormField) => ReactNode }) {
  const plain = section.fields.filter((field) => !field.advanced)
  const advanced = section.fields.filter((field) => field.advanced)
  const [open, setOpen] = useState(false)
  return (
    <section
      id={section.id}
      aria-labelledby={`${section.id}-title`}
      className="scroll-mt-4 border-t pt-4 pb-2 first:border-t-0 first:pt-0"
    >
      <h2 id={`${section.id}-title`} className="mb-1 pl-3 font-semibold text-base">
        {section.title}
      </h2>
      {plain.map(children)}
      {advanced.length > 0 && (
        <>
          <Button tone="link" size="sm" aria-expanded={open} className="mt-1 ml-1" onClick={() => setOpen(!open)}>
            <ChevronRight aria-hidden="true" className={cx('transition-transform duration-150', open && 'rotate-90')} />
            {open ? 'Fewer settings' : `${count(advanced.length, 'more setting')}`}
          </Button>
          {open && advanced.map(children)}
        </>
      )}
    </section>
  )
}
