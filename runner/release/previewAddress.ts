/** HAProxy reads it as well. */
export const PREVIEW_LABEL = /^v([1-9][0-9]{0,8})--([a-z][a-z0-9-]*)$/;
/** Of a name in DNS. */
const LABEL_LENGTH_MAX = 63;

export interface PreviewAddress {
  readonly function: string;
  readonly number: number;
}

/** `v7--hello`: first label of a version's own host, key of its policies at the door, and what its tokens begin with. */
export function previewLabel({ function: name, number }: PreviewAddress): string {
  return `v${number}--${name}`;
}

/** The host that leads to one version of a function, whatever its routes say; null where the name is too long for one. */
export function previewHost(address: PreviewAddress, domain: string): string | null {
  const label = previewLabel(address);
  return label.length > LABEL_LENGTH_MAX ? null : `${label}.${domain}`;
}

/** What a label stands for; null for one that is no version's. */
export function readPreviewLabel(label: string): PreviewAddress | null {
  const [, number, name] = PREVIEW_LABEL.exec(label) ?? [];
  return number === undefined || name === undefined ? null : { function: name, number: Number(number) };
}

/** The label of a host, in lower case and without a port, that is a version's of this domain; null for every other host. */
export function previewLabelOf(host: string, domain: string): string | null {
  if (!host.endsWith(`.${domain}`)) return null;
  const label = host.slice(0, -domain.length - 1);
  return PREVIEW_LABEL.test(label) ? label : null;
}
