import { Compass } from 'lucide-react'
import { ButtonLink } from '#components/ui/button.tsx'
import { Empty } from '#components/ui/empty.tsx'

export default function NotFound() {
  return (
    <main>
      <Empty
        icon={Compass}
        title="There is no page at this address"
        action={
          <ButtonLink href="/" tone="primary">
            Go home
          </ButtonLink>
        }
      >
        The connector or topic may have been renamed or deleted.
      </Empty>
    </main>
  )
}
