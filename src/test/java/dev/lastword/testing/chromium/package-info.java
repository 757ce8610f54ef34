/**
 * A real browser without a window, for tests of the web page: {@link dev.lastword.testing.chromium.Chromium} starts it,
 * {@link dev.lastword.testing.chromium.Page} is a tab that does what people do and tells what they see. Both speak Chromium's DevTools
 * protocol. It reaches this machine only.
 */
@NullMarked
package dev.lastword.testing.chromium;

import org.jspecify.annotations.NullMarked;
