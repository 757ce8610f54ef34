package dev.lastword.classic;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.google.protobuf.ByteString;
import dev.lastword.testing.classic.ClassicClient;
import dev.lastword.testing.classic.Compression;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What lies about itself is refused, and soon. */
class UnpackerTest {
  private static final Duration FOR_EVER = Duration.ofSeconds(30);
  private static final ByteString PLAIN = ByteString.copyFrom(new byte[100_000]);

  private static void assertRefused(int says, ByteString packed) {
    ByteBuf packet = Unpooled.wrappedBuffer(ClassicClient.outer(0, says, packed).toByteArray());
    assertThatExceptionOfType(Unpacker.Undecodable.class)
        .isThrownBy(() ->
            assertTimeoutPreemptively(
                FOR_EVER,
                () ->
                    Unpacker.get()
                        .unpack(packet, 0, packet.readableBytes(), (bytes, length) -> {})));
  }

  @Test
  void a_stream_that_wants_a_dictionary_is_refused() {
    byte[] packed = new byte[1_000];
    int length;
    try (Deflater deflater = new Deflater()) {
      deflater.setDictionary(new byte[] {1, 2, 3});
      deflater.setInput(PLAIN.toByteArray());
      deflater.finish();
      length = deflater.deflate(packed);
    }
    assertRefused(PLAIN.size(), ByteString.copyFrom(packed, 0, length));
  }

  @ParameterizedTest
  @EnumSource
  void more_than_it_says_is_refused(Compression algorithm) {
    assertRefused(1, algorithm.pack(PLAIN));
  }

  @ParameterizedTest
  @EnumSource
  void less_than_it_says_is_refused(Compression algorithm) {
    assertRefused(PLAIN.size() + 1, algorithm.pack(PLAIN));
  }

  @ParameterizedTest
  @EnumSource
  void a_part_is_refused(Compression algorithm) {
    ByteString packed = algorithm.pack(PLAIN);
    assertRefused(PLAIN.size(), packed.substring(0, packed.size() - 1));
  }
}
