import { type ClassValue, clsx } from 'clsx'
import { extendTailwindMerge } from 'tailwind-merge'

const merge = extendTailwindMerge({ extend: { theme: { spacing: ['row'] } } })

/** Joins class names; of two utilities that set the same property the later one wins. */
export const cx = (...classes: ClassValue[]): string => merge(clsx(classes))
