'use client'
import { X } from 'lucide-react'
import { Dialog as Primitive } from 'radix-ui'
import type { ReactNode } from 'react'
import { Button } from '#components/ui/button.tsx'
import { cx } from '#components/ui/cx.ts'

/** A dialog: focus moves in, stays in, and returns to where it came from; Escape closes. */
export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  children,
  footer,
  wide = false,
  onOpenAutoFocus,
  onCloseAutoFocus,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: string
  description?: ReactNode
  children?: ReactNode
  footer?: ReactNode
  wide?: boolean
  /** Where the focus goes instead of to the first control, and instead of back: prevent the default and put it there. */
  onOpenAutoFocus?: (event: Event) => void
  onCloseAutoFocus?: (event: Event) => void
}) {
  return (
    <Primitive.Root open={open} onOpenChange={onOpenChange}>
      <Primitive.Portal>
        <Primitive.Overlay className="fixed inset-0 z-40 bg-overlay" />
        <Primitive.Content
          className={cx(
            '-translate-x-1/2 rise fixed top-[8vh] left-1/2 z-50 flex max-h-[84vh] w-[calc(100vw-32px)] flex-col rounded-lg bg-surface shadow-float focus:outline-none',
            wide ? 'max-w-3xl' : 'max-w-lg',
          )}
          {...(description ? {} : { 'aria-describedby': undefined })}
          {...(onOpenAutoFocus && { onOpenAutoFocus })}
          {...(onCloseAutoFocus && { onCloseAutoFocus })}
        >
          <header className="flex items-start gap-4 px-5 pt-4">
            <Primitive.Title className="flex-1 break-words font-semibold text-lg">{title}</Primitive.Title>
            <Primitive.Close asChild>
              <Button tone="ghost" size="icon" aria-label="Close" className="-mr-2">
                <X aria-hidden="true" />
              </Button>
            </Primitive.Close>
          </header>
          <div className="min-h-0 flex-1 overflow-auto px-5 pb-4">
            {description && (
              <Primitive.Description asChild>
                <div className="mt-1 text-ink-soft">{description}</div>
              </Primitive.Description>
            )}
            {children}
          </div>
          {footer && <footer className="flex flex-wrap justify-end gap-2 border-t px-5 py-3">{footer}</footer>}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  )
}
