package dev.lastword.classic;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** Strings that end with a zero byte. */
final class Texts {
  private Texts() {}

  /** The text up to the next zero byte, or up to the end. */
  static String untilNul(ByteBuf in, int from, int end) {
    if (from >= end) {
      return "";
    }
    return in.toString(from, nul(in, from, end) - from, StandardCharsets.UTF_8);
  }

  /** Where the next zero byte is, or the end. */
  static int nul(ByteBuf in, int from, int end) {
    int nul = from >= end ? -1 : in.indexOf(from, end, (byte) 0);
    return nul < 0 ? end : nul;
  }
}
