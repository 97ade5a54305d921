import { cva, type VariantProps } from 'class-variance-authority'
import { LoaderCircle } from 'lucide-react'
import Link from 'next/link'
import type { ComponentProps } from 'react'
import { cx } from '#components/ui/cx.ts'

const button = cva(
  'inline-flex shrink-0 items-center justify-center gap-1.5 whitespace-nowrap rounded-md font-medium text-sm transition-colors duration-150 disabled:cursor-not-allowed disabled:opacity-55 aria-disabled:cursor-not-allowed aria-disabled:opacity-55 [&_svg]:size-4 [&_svg]:shrink-0',
  {
    variants: {
      tone: {
        plain: 'border border-line-strong bg-surface text-ink hover:bg-hover',
        primary: 'bg-accent-solid text-on-accent hover:bg-accent-solid-hover',
        danger: 'bg-danger-solid text-on-danger hover:bg-danger-solid-hover',
        ghost: 'text-ink-soft hover:bg-hover hover:text-ink',
        link: 'text-accent underline-offset-4 hover:underline',
      },
      size: { md: 'h-8 px-3', sm: 'h-7 px-2 text-xs', icon: 'size-8', lg: 'h-10 px-4 text-base' },
    },
    defaultVariants: { tone: 'plain', size: 'md' },
  },
)

type Look = VariantProps<typeof button>

/** `busy` shows a turning mark and keeps the button from being pressed twice. */
export function Button({
  tone,
  size,
  className,
  busy = false,
  disabled,
  children,
  ...rest
}: ComponentProps<'button'> & Look & { busy?: boolean }) {
  return (
    <button
      type="button"
      className={cx(button({ tone, size }), className)}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      {...rest}
    >
      {busy && <LoaderCircle aria-hidden="true" className="animate-spin" />}
      {children}
    </button>
  )
}

/** A link that looks like a button: for going somewhere, not for doing something. */
export function ButtonLink({ tone, size, className, ...rest }: ComponentProps<typeof Link> & Look) {
  return <Link className={cx(button({ tone, size }), className)} {...rest} />
}
