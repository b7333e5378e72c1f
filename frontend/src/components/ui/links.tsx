/** Mantine's look on the router's links. */
import { Anchor, Button, type AnchorProps, type ButtonProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import { forwardRef, type AnchorHTMLAttributes } from 'react';

type Plain<P> = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof P>;

export const TextLink = createLink(
  forwardRef<HTMLAnchorElement, AnchorProps & Plain<AnchorProps>>(function TextLink(props, ref) {
    return <Anchor ref={ref} fz="inherit" {...props} />;
  }),
);

export const LinkButton = createLink(
  forwardRef<HTMLAnchorElement, ButtonProps & Plain<ButtonProps>>(function LinkButton(props, ref) {
    return <Button component="a" ref={ref} {...props} />;
  }),
);
