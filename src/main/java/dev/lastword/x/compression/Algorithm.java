package dev.lastword.x.compression;

import java.util.Optional;

/** The compression algorithms of the X protocol, as the capability {@code compression} names them. */
public enum Algorithm {
  /**
   * One zlib stream for the whole session, flushed at the end of each frame. Needs its 32 KiB window all the time: about 40
   * KiB of native memory from the first compressed frame to the end of the session.
   */
  DEFLATE_STREAM("deflate_stream"),
  /**
   * LZ4 frames. Between two of them a session holds nothing; inside one, 128 KiB of heap, which sessions of one event loop
   * pass on to each other.
   */
  LZ4_MESSAGE("lz4_message"),
  /**
   * Zstandard frames: one per COMPRESSION frame as servers write them, or one that goes on. Between two of them a session holds
   * nothing; inside one, about 100 KiB of native memory and the window that the frame asks for (2 MiB at the usual level 3, at
   * most {@value ZstdStream#MAX_WINDOW}), which sessions of one event loop pass on to each other.
   */
  ZSTD_STREAM("zstd_stream");

  private final String capability;

  Algorithm(String capability) {
    this.capability = capability;
  }

  /** The algorithm of this name; empty if there is none. */
  public static Optional<Algorithm> named(String capability) {
    for (Algorithm algorithm : values()) {
      if (algorithm.capability.equals(capability)) {
        return Optional.of(algorithm);
      }
    }
    return Optional.empty();
  }

  /** As in the capability: {@code deflate_stream}, {@code lz4_message}, {@code zstd_stream}. */
  public String capability() {
    return capability;
  }

  Decompressor newDecompressor() {
    return switch (this) {
      case DEFLATE_STREAM -> new DeflateStream();
      case LZ4_MESSAGE -> new Lz4Message();
      case ZSTD_STREAM -> new ZstdStream();
    };
  }
}
