package dev.lastword.x.compression;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.FastThreadLocal;
import org.jspecify.annotations.Nullable;

/**
 * {@link Algorithm#LZ4_MESSAGE}: the LZ4 frame format 1.6 with its blocks, decoded byte by byte as they come, so that the size
 * of a block (up to 4 MiB) costs no memory; all that is kept is the last 64 KiB, as far back as a match can reach.
 *
 * <p>Checksums are read over: if one is wrong, the server ends the session with a fatal Error and counting ends as well.
 */
final class Lz4Message extends Decompressor {

  private static final int MAGIC = 0x184d2204;
  private static final int SKIPPABLE_MAGIC = 0x184d2a50;
  private static final int SKIPPABLE_MASK = 0xfffffff0;
  private static final int MIN_MATCH = 4;

  private enum Step {
    /** Four bytes: the magic number. */
    MAGIC,
    /** Four bytes: how much follows that has no meaning. */
    SKIPPABLE_SIZE,
    /** Flags, block sizes, and the checksum of the header, with the optional content size and dictionary id. */
    FLAGS,
    BLOCK_SIZES,
    /** Bytes without meaning for us, then {@link #afterSkip}. */
    SKIP,
    /** Four bytes: the size of the next block, or 0 for the end. */
    BLOCK_SIZE,
    STORED,
    TOKEN,
    LITERAL_LENGTH,
    LITERALS,
    OFFSET,
    OFFSET_HIGH,
    MATCH_LENGTH
  }

  private Step step = Step.MAGIC;
  private Step afterSkip = Step.MAGIC;
  private int number;
  private int digits;
  private long skip;

  // Of the current frame and block.
  private boolean independentBlocks;
  private boolean blockChecksums;
  private boolean contentChecksum;
  private int maxBlock;
  private int blockLeft;
  private int blockMade;
  private long reach; // plain bytes that a match may refer to

  // Of the current sequence.
  private int token;
  private int count;
  private int offset;

  private @Nullable Window window;

  @Override
  void decompress(ByteBuf in, int index, int length, InnerMessages out)
      throws UndecodableException {
    int next = index;
    int end = index + length;
    while (next < end) {
      switch (step) {
        case SKIP -> {
          int taken = (int) Math.min(skip, end - next);
          next += taken;
          skip -= taken;
          if (skip == 0) {
            step = afterSkip;
          }
        }
        case STORED, LITERALS -> {
          int taken = Math.min(count, end - next);
          if (taken > blockLeft) {
            throw new UndecodableException();
          }
          made(taken);
          window().literals(in, next, taken, out);
          next += taken;
          count -= taken;
          blockLeft -= taken;
          if (count == 0) {
            step = step == Step.STORED ? blockEnded() : literalsEnded();
          }
        }
        case TOKEN, LITERAL_LENGTH, OFFSET, OFFSET_HIGH, MATCH_LENGTH -> {
          blockLeft--;
          blockByte(in.getByte(next++) & 0xff, out);
        }
        case MAGIC, SKIPPABLE_SIZE, FLAGS, BLOCK_SIZES, BLOCK_SIZE ->
            frameByte(in.getByte(next++) & 0xff);
      }
    }
    if (window != null) {
      window.flush(out);
    }
  }

  private void frameByte(int b) throws UndecodableException {
    switch (step) {
      case MAGIC -> {
        if (number(b)) {
          if ((number & SKIPPABLE_MASK) == SKIPPABLE_MAGIC) {
            step = Step.SKIPPABLE_SIZE;
          } else if (number == MAGIC) {
            step = Step.FLAGS;
          } else {
            throw new UndecodableException();
          }
        }
      }
      case SKIPPABLE_SIZE -> {
        if (number(b)) {
          skipTo(Step.MAGIC, number & 0xffffffffL);
        }
      }
      case FLAGS -> {
        // Version 01; the reserved bit; no dictionary, since none was agreed on.
        if ((b & 0xc0) != 0x40 || (b & 0x03) != 0) {
          throw new UndecodableException();
        }
        independentBlocks = (b & 0x20) != 0;
        blockChecksums = (b & 0x10) != 0;
        skip = ((b & 0x08) != 0 ? 8 : 0) + 1L; // content size, header checksum
        contentChecksum = (b & 0x04) != 0;
        reach = 0;
        step = Step.BLOCK_SIZES;
      }
      case BLOCK_SIZES -> {
        int size = b >>> 4;
        if ((b & 0x8f) != 0 || size < 4) {
          throw new UndecodableException();
        }
        maxBlock = 1 << (8 + 2 * size);
        skipTo(Step.BLOCK_SIZE, skip);
      }
      case BLOCK_SIZE -> {
        if (number(b)) {
          blockStarts();
        }
      }
      case SKIP, STORED, TOKEN, LITERAL_LENGTH, LITERALS, OFFSET, OFFSET_HIGH, MATCH_LENGTH ->
          throw new IllegalStateException(step.name());
    }
  }

  private void blockStarts() throws UndecodableException {
    if (number == 0) {
      skipTo(Step.MAGIC, contentChecksum ? 4 : 0);
      return;
    }
    blockLeft = number & Integer.MAX_VALUE;
    blockMade = 0;
    if (blockLeft == 0 || blockLeft > maxBlock) {
      throw new UndecodableException();
    }
    if (independentBlocks) {
      reach = 0;
    }
    if (number < 0) {
      count = blockLeft;
      step = Step.STORED;
    } else {
      step = Step.TOKEN;
    }
  }

  private void blockByte(int b, InnerMessages out) throws UndecodableException {
    switch (step) {
      case TOKEN -> {
        token = b;
        count = b >>> 4;
        step = count == 15 ? Step.LITERAL_LENGTH : count == 0 ? literalsEnded() : Step.LITERALS;
      }
      case LITERAL_LENGTH -> {
        more(b);
        if (b != 255) {
          step = Step.LITERALS;
        }
      }
      case OFFSET -> {
        offset = b;
        step = Step.OFFSET_HIGH;
      }
      case OFFSET_HIGH -> {
        offset |= b << 8;
        count = token & 15;
        if (count == 15) {
          step = Step.MATCH_LENGTH;
        } else {
          match(out);
        }
      }
      case MATCH_LENGTH -> {
        more(b);
        if (b != 255) {
          match(out);
        }
      }
      case MAGIC, SKIPPABLE_SIZE, FLAGS, BLOCK_SIZES, BLOCK_SIZE, SKIP, STORED, LITERALS ->
          throw new IllegalStateException(step.name());
    }
    // A block ends behind literals, which literalsEnded() saw.
    if (blockLeft <= 0 && step != Step.BLOCK_SIZE && step != Step.SKIP) {
      throw new UndecodableException();
    }
  }

  private void match(InnerMessages out) throws UndecodableException {
    int length = count + MIN_MATCH;
    if (offset == 0 || offset > reach) {
      throw new UndecodableException();
    }
    made(length);
    window().match(offset, length, out);
    step = Step.TOKEN;
  }

  private void more(int b) throws UndecodableException {
    count += b;
    if (count > maxBlock) {
      throw new UndecodableException();
    }
  }

  private void made(int plain) throws UndecodableException {
    blockMade += plain;
    reach += plain;
    if (blockMade > maxBlock) {
      throw new UndecodableException();
    }
  }

  private Step literalsEnded() {
    return blockLeft == 0 ? blockEnded() : Step.OFFSET;
  }

  private Step blockEnded() {
    skipTo(Step.BLOCK_SIZE, blockChecksums ? 4 : 0);
    return step;
  }

  private void skipTo(Step then, long bytes) {
    skip = bytes;
    afterSkip = then;
    step = bytes == 0 ? then : Step.SKIP;
  }

  /** Collects a little-endian number of four bytes; true when it is complete. */
  private boolean number(int b) {
    number = digits == 0 ? b : number | b << (8 * digits);
    digits = (digits + 1) & 3;
    return digits == 0;
  }

  private Window window() {
    if (window == null) {
      window = Window.take();
    }
    return window;
  }

  @Override
  void frameEnded() {
    if (step == Step.MAGIC) {
      close();
    }
  }

  @Override
  void close() {
    if (window != null) {
      window.giveBack();
      window = null;
    }
  }

  /** The last plain bytes, in a ring twice as large as a match can reach, so that half of it may wait to be delivered. */
  private static final class Window {

    private static final int SIZE = 128 * 1024;
    private static final int MASK = SIZE - 1;
    private static final int MAX_UNDELIVERED = SIZE / 2;

    private static final FastThreadLocal<@Nullable Window> SPARE = new FastThreadLocal<>();

    private final byte[] bytes = new byte[SIZE];
    private final ByteBuf plain = Unpooled.wrappedBuffer(bytes);
    private int end;
    private int undelivered;

    static Window take() {
      Window spare = SPARE.get();
      if (spare == null) {
        return new Window();
      }
      SPARE.set(null);
      return spare;
    }

    void giveBack() {
      undelivered = 0;
      SPARE.set(this);
    }

    void literals(ByteBuf in, int index, int length, InnerMessages out)
        throws UndecodableException {
      for (int done = 0; done < length; ) {
        int part = room(length - done, out);
        in.getBytes(index + done, bytes, end, part);
        written(part);
        done += part;
      }
    }

    void match(int offset, int length, InnerMessages out) throws UndecodableException {
      int distance = offset;
      for (int done = 0; done < length; ) {
        int from = (end - distance) & MASK;
        // No more than is already there: a match may overlap what it makes.
        int part = room(Math.min(Math.min(length - done, distance), SIZE - from), out);
        System.arraycopy(bytes, from, bytes, end, part);
        written(part);
        done += part;
        if (part == distance && distance <= SIZE / 4) {
          distance *= 2; // what repeats with a distance repeats with twice that distance
        }
      }
    }

    /** How much of {@code wanted} can be written in one piece at {@link #end}. */
    private int room(int wanted, InnerMessages out) throws UndecodableException {
      if (undelivered == MAX_UNDELIVERED) {
        flush(out);
      }
      return Math.min(wanted, Math.min(SIZE - end, MAX_UNDELIVERED - undelivered));
    }

    private void written(int length) {
      end = (end + length) & MASK;
      undelivered += length;
    }

    void flush(InnerMessages out) throws UndecodableException {
      while (undelivered > 0) {
        int from = (end - undelivered) & MASK;
        int part = Math.min(undelivered, SIZE - from);
        undelivered -= part;
        out.plain(plain, from, part);
      }
    }
  }
}
