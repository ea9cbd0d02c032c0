// Whether an element is in sight, whichever of its ancestors scrolls: a list's first line tells whether its end is looked at.

import type { Attachment } from 'svelte/attachments';

export function seen(tell: (inSight: boolean) => void): Attachment {
  return (element) => {
    const observer = new IntersectionObserver((entries) => tell(entries.at(-1)?.isIntersecting ?? false), { rootMargin: '60px' });
    observer.observe(element);
    return () => observer.disconnect();
  };
}
