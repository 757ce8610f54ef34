package dev.lastword.classic;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * The packets inside the compressed protocol, which run on from one compressed packet to the next. Of each only the header and the first
 * bytes are kept; everything is told when its packet is complete.
 */
final class InnerPackets {
  /** Longer than what is looked at of any packet but the text of an error, in bytes. */
  private static final int KEPT = 512;

  /** Longer than any packet of a login, in bytes: a ticket of Kerberos is the longest thing there. */
  private static final int LONGEST_OF_LOGIN = 64 * 1024;

  /** Who is told of each packet. */
  interface Observer {
    /**
     * A whole packet has come.
     *
     * @param in holds the header, at index 0, and what was kept of the payload
     * @param seen where that ends
     * @param length of the payload
     */
    void packet(ByteBuf in, int seen, int length);
  }

  private final Observer observer;
  private final ByteBuf kept = Unpooled.buffer(Packets.HEADER, Packets.HEADER + LONGEST_OF_LOGIN);
  private int most = Packets.HEADER + KEPT;
  private int left;

  InnerPackets(Observer observer) {
    this.observer = observer;
  }

  /**
   * More of the stream.
   *
   * @return how many of these bytes lie before the last end of a packet among them; 0 if there is none
   */
  int read(byte[] bytes, int from, int length) {
    int at = from;
    int end = from + length;
    int boundary = 0;
    while (at < end) {
      if (kept.writerIndex() < Packets.HEADER) {
        int part = Math.min(Packets.HEADER - kept.writerIndex(), end - at);
        kept.writeBytes(bytes, at, part);
        at += part;
        if (kept.writerIndex() == Packets.HEADER) {
          left = Packets.payloadLength(kept, 0);
        }
      } else {
        int part = Math.min(left, end - at);
        kept.writeBytes(bytes, at, Math.clamp(most - kept.writerIndex(), 0, part));
        at += part;
        left -= part;
      }
      if (kept.writerIndex() >= Packets.HEADER && left == 0) {
        observer.packet(kept, kept.writerIndex(), Packets.payloadLength(kept, 0));
        kept.clear();
        boundary = at - from;
      }
    }
    return boundary;
  }

  /** Says how much of the packets to come is kept: all that a login needs, or only their beginning. */
  void keepForLogin(boolean all) {
    int now = Packets.HEADER + (all ? LONGEST_OF_LOGIN : KEPT);
    if (now != most) {
      most = now;
      if (!kept.isReadable() && kept.capacity() > most) {
        kept.capacity(most);
      }
    }
  }

  /** Whether the stream is between two packets. */
  boolean isBetween() {
    return !kept.isReadable();
  }
}
