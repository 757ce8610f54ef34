package dev.lastword.x;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import com.google.protobuf.ByteString;
import dev.lastword.testing.x.XMessages;
import dev.lastword.x.compression.Algorithm;
import dev.lastword.x.protobuf.MysqlxConnection;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Random;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class XRequestsTest {
  private final XTracker tracker = new XTracker();
  private final XRequests requests = new XRequests(tracker);

  @AfterEach
  void close() {
    requests.close();
  }

  private void logIn() {
    tracker.request(4, Effect.NONE);
    tracker.answered(4);
  }

  @Test
  void a_frame_is_a_request_with_its_effect() {
    whole(sql("begin"));
    assertThat(tracker.outstanding()).isEqualTo(1);
    tracker.answered(17);
    assertThat(tracker.transaction().isOpen()).isTrue();
  }

  @Test
  void a_frame_without_a_type_is_a_request_that_will_be_answered_with_an_error() {
    whole(ByteString.copyFrom(new byte[4]));
    assertThat(tracker.outstanding()).isEqualTo(1);
    assertThat(tracker.failed(5000, true)).isEqualTo(XTracker.NO_TYPE);
  }

  @Test
  void a_frame_is_found_where_it_is_in_the_buffer() {
    ByteString begin = sql("begin");
    ByteBuf in = Unpooled.wrappedBuffer(sql("commit").concat(begin).toByteArray());
    requests.frame(in, in.readableBytes() - begin.size(), begin.size());
    assertThat(in.readerIndex()).isZero();
    tracker.answered(17);
    assertThat(tracker.transaction().isOpen()).isTrue();
  }

  @Test
  void a_streamed_request_counts_when_its_end_has_come() {
    ByteString begin = sql("begin" + " ".repeat(100_000));
    streamed(begin, 2048, () -> assertThat(tracker.outstanding()).isZero());
    assertThat(tracker.outstanding()).isEqualTo(1);
    tracker.answered(17);
    assertThat(tracker.transaction().isOpen()).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void every_request_in_a_compressed_frame_counts(Algorithm algorithm) {
    logIn();
    requests.compressedWith(algorithm);
    Compressor compressor = new Compressor(algorithm);
    whole(compressor.frame(sql("begin").concat(sql("select 1")).concat(sql("commit"))));
    assertThat(tracker.outstanding()).isEqualTo(3);
    assertThat(tracker.answered(17)).isEqualTo(12);
    assertThat(tracker.transaction().isOpen()).isTrue();
    tracker.answered(17);
    tracker.answered(17);
    assertThat(tracker.transaction().isOpen()).isFalse();
    whole(sql("select 2"));
    whole(compressor.frame(sql("begin")));
    assertThat(tracker.outstanding()).isEqualTo(2);
  }

  @ParameterizedTest
  @EnumSource
  void every_request_in_a_streamed_compressed_frame_counts(Algorithm algorithm) {
    logIn();
    requests.compressedWith(algorithm);
    Compressor compressor = new Compressor(algorithm);
    for (int piece : new int[] {1, 700, 100_000}) {
      String noise = noise(60_000);
      streamed(compressor.frame(sql("begin").concat(sql(noise)).concat(sql("select 1"))), piece);
      assertThat(tracker.outstanding()).isEqualTo(3);
      tracker.answered(17);
      tracker.answered(17);
      tracker.answered(17);
      assertThat(tracker.transaction().isOpen()).isTrue();
      whole(compressor.frame(sql("rollback")));
      tracker.answered(17);
      assertThat(tracker.transaction().isOpen()).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource
  void compressed_requests_right_behind_the_login_count(Algorithm algorithm) {
    requests.compressedWith(algorithm);
    tracker.request(4, Effect.NONE);
    whole(new Compressor(algorithm).frame(sql("select 1").concat(sql("select 2"))));
    assertThat(tracker.outstanding()).isEqualTo(3);
  }

  @ParameterizedTest
  @EnumSource
  void a_compressed_frame_before_the_login_is_one_request_that_fails(Algorithm algorithm) {
    requests.compressedWith(algorithm);
    whole(new Compressor(algorithm).frame(sql("select 1").concat(sql("select 2"))));
    assertThat(tracker.outstanding()).isEqualTo(1);
    assertThat(tracker.failed(5000, true)).isEqualTo(46);
  }

  @Test
  void without_the_capability_a_compressed_frame_is_one_request_that_fails() {
    logIn();
    ByteString frame = new Compressor(Algorithm.ZSTD_STREAM).frame(sql("a").concat(sql("b")));
    whole(frame);
    assertThat(tracker.outstanding()).isEqualTo(1);
    assertThat(tracker.failed(5170, true)).isEqualTo(46);
    streamed(frame, 3);
    assertThat(tracker.outstanding()).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource
  void a_frame_that_cannot_be_decoded_is_one_request_that_fails(Algorithm algorithm) {
    logIn();
    requests.compressedWith(algorithm);
    ByteString garbage = compression(ByteString.copyFrom(new byte[] {-1, -2, -3, -4, -5, -6, -7}));
    whole(garbage);
    assertThat(tracker.outstanding()).isEqualTo(1);
    whole(garbage);
    streamed(garbage, 2);
    assertThat(tracker.outstanding()).isEqualTo(3);
    whole(XMessages.frame(46, ByteString.EMPTY));
    assertThat(tracker.outstanding()).isEqualTo(4);
  }

  @Test
  void the_algorithm_that_was_accepted_last_counts() {
    logIn();
    for (Algorithm algorithm : Algorithm.values()) {
      requests.compressedWith(algorithm);
    }
    Algorithm last = Algorithm.values()[Algorithm.values().length - 1];
    whole(new Compressor(last).frame(sql("select 1").concat(sql("select 2"))));
    assertThat(tracker.outstanding()).isEqualTo(2);
  }

  @ParameterizedTest
  @EnumSource
  void a_session_can_end_in_the_middle_of_a_compressed_frame(Algorithm algorithm) {
    logIn();
    requests.compressedWith(algorithm);
    ByteString frame = new Compressor(algorithm).frame(sql(noise(50_000)));
    ByteBuf in = Unpooled.wrappedBuffer(frame.toByteArray());
    requests.streamBegins(in, 0, frame.size());
    requests.streamed(in, 5, 20_000);
    requests.close();
    requests.close();
    requests.streamed(in, 20_005, 1000);
  }

  private void whole(ByteString frame) {
    requests.frame(Unpooled.wrappedBuffer(frame.toByteArray()), 0, frame.size());
  }

  private void streamed(ByteString frame, int piece) {
    streamed(frame, piece, () -> {});
  }

  private void streamed(ByteString frame, int piece, Runnable between) {
    ByteBuf in = Unpooled.wrappedBuffer(frame.toByteArray());
    int first = Math.min(frame.size(), Math.max(piece, 5));
    requests.streamBegins(in.slice(0, first), 0, frame.size());
    requests.streamed(in, 5, first - 5);
    for (int at = first; at < frame.size(); at += piece) {
      between.run();
      requests.streamed(in, at, Math.min(piece, frame.size() - at));
    }
    requests.streamEnds();
  }

  private static ByteString sql(String statement) {
    return XMessages.frame(XMessages.sql(statement));
  }

  private static String noise(int length) {
    StringBuilder noise = new StringBuilder("select '");
    new Random(length).ints(length, 'a', 'z').forEach(c -> noise.append((char) c));
    return noise.append('\'').toString();
  }

  private static ByteString compression(ByteString payload) {
    return XMessages.frame(
        46, MysqlxConnection.Compression.newBuilder().setPayload(payload).build().toByteString());
  }

  /** A client's side of a session. */
  private static final class Compressor {
    private final Algorithm algorithm;
    private final ByteArrayOutputStream deflated = new ByteArrayOutputStream();
    private final DeflaterOutputStream deflate =
        new DeflaterOutputStream(deflated, new Deflater(), true);

    Compressor(Algorithm algorithm) {
      this.algorithm = algorithm;
    }

    ByteString frame(ByteString plain) {
      try {
        return compression(
            switch (algorithm) {
              case DEFLATE_STREAM -> {
                deflated.reset();
                plain.writeTo(deflate);
                deflate.flush();
                yield ByteString.copyFrom(deflated.toByteArray());
              }
              case LZ4_MESSAGE -> {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                try (var lz4 = new FramedLZ4CompressorOutputStream(bytes)) {
                  plain.writeTo(lz4);
                }
                yield ByteString.copyFrom(bytes.toByteArray());
              }
              case ZSTD_STREAM -> ByteString.copyFrom(Zstd.compress(plain.toByteArray()));
            });
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
