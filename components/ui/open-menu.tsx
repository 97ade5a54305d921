'use client'
import { Check } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import { cx } from '#components/ui/cx.ts'
import type { MenuProps } from '#components/ui/menu-item.ts'

/** The menu itself, from its first opening on. A disabled item says why. */
export default function OpenMenu({ trigger, items, align = 'end' }: MenuProps) {
  return (
    <DropdownMenu.Root defaultOpen modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align={align}
          sideOffset={4}
          className="rise z-50 max-h-[min(420px,var(--radix-dropdown-menu-content-available-height))] min-w-52 max-w-[min(90vw,420px)] overflow-y-auto rounded-md bg-surface p-1 shadow-float"
        >
          {items.map((item, index) => {
            if (item === 'line')
              return <DropdownMenu.Separator key={`line-${index.toString()}`} className="my-1 h-px bg-line" />
            if ('checked' in item) {
              return (
                <DropdownMenu.CheckboxItem
                  key={item.label}
                  checked={item.checked}
                  onCheckedChange={item.onSelect}
                  onSelect={(event) => event.preventDefault()}
                  className="name flex cursor-pointer items-center gap-2 break-all rounded px-2 py-1.5 text-xs outline-none data-[highlighted]:bg-hover"
                >
                  <Check
                    aria-hidden="true"
                    className={cx('size-4 shrink-0 text-accent', !item.checked && 'invisible')}
                  />
                  {item.label}
                </DropdownMenu.CheckboxItem>
              )
            }
            const Icon = item.icon
            return (
              <DropdownMenu.Item
                key={item.label}
                disabled={item.disabled !== undefined}
                onSelect={item.onSelect}
                className={cx(
                  'flex cursor-pointer items-start gap-2 rounded px-2 py-1.5 outline-none data-[disabled]:cursor-not-allowed data-[highlighted]:bg-hover data-[disabled]:text-ink-soft',
                  item.danger && 'text-failed',
                )}
              >
                {Icon && <Icon aria-hidden="true" className="mt-0.5 size-4 shrink-0" />}
                <span>
                  {item.label}
                  {item.disabled && <span className="block text-xs">{item.disabled}</span>}
                </span>
              </DropdownMenu.Item>
            )
          })}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}
