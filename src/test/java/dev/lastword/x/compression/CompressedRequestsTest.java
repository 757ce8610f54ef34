package dev.lastword.x.compression;

import static dev.lastword.x.compression.Conversation.bytes;
import static dev.lastword.x.compression.Conversation.compression;
import static dev.lastword.x.compression.Conversation.concat;
import static dev.lastword.x.compression.Conversation.frame;
import static dev.lastword.x.compression.Conversation.payload;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.UnknownFieldSet.Field;
import dev.lastword.x.compression.Compressor.Way;
import dev.lastword.x.compression.Conversation.Heard;
import dev.lastword.x.compression.Conversation.Log;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompressedRequestsTest {

  private static final int MAX = 64 << 20;
  private static final byte[] PING = "\n\u0006select".getBytes(StandardCharsets.US_ASCII);

  private final Log log = new Log();
  private CompressedRequests requests = requests(Algorithm.DEFLATE_STREAM);

  @AfterEach
  void close() {
    requests.close();
  }

  @ParameterizedTest
  @EnumSource
  void messages_are_found_whole(Way way) {
    conversation(way, 3, Integer.MAX_VALUE);
  }

  @ParameterizedTest
  @EnumSource
  void messages_are_found_byte_by_byte(Way way) {
    conversation(way, 4, 1);
  }

  @ParameterizedTest
  @EnumSource
  void messages_are_found_in_random_pieces(Way way) {
    for (int seed = 0; seed < 40; seed++) {
      conversation(way, seed, 1 + (1 << (seed % 16)));
    }
  }

  @ParameterizedTest
  @EnumSource
  void two_messages_in_one_frame_are_two(Way way) {
    byte[] plain = concat(frame(12, PING), frame(7, new byte[0]), frame(24, PING));
    requests = requests(way.algorithm);
    send(compression(way.session().compress(plain), plain.length));
    assertThat(log.heard)
        .containsExactly(Heard.of(12, PING), Heard.of(7, new byte[0]), Heard.of(24, PING));
    assertThat(log.undecodable).isZero();
    assertThat(requests.isDecodable()).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void a_message_is_told_only_when_its_end_has_come(Way way) {
    byte[] plain = concat(frame(12, PING), frame(12, payload(new Random(1), 300_000)));
    byte[] body = compression(way.session().compress(plain), plain.length);
    requests = requests(way.algorithm);
    requests.frame(body.length);
    requests.bytes(Unpooled.wrappedBuffer(body), 0, body.length - 60_000);
    assertThat(log.heard).containsExactly(Heard.of(12, PING));
    requests.bytes(Unpooled.wrappedBuffer(body), body.length - 60_000, 60_000);
    assertThat(log.heard).hasSize(2);
  }

  @ParameterizedTest
  @EnumSource
  void direct_and_composite_buffers_are_read_and_left_as_they_were(Way way) {
    byte[] plain = frame(12, payload(new Random(2), 50_000));
    byte[] body = compression(way.session().compress(plain), plain.length);
    ByteBuf head = ByteBufAllocator.DEFAULT.directBuffer().writeBytes(body, 0, 700);
    ByteBuf tail = ByteBufAllocator.DEFAULT.heapBuffer().writeBytes(body, 700, body.length - 700);
    ByteBuf both = ByteBufAllocator.DEFAULT.compositeBuffer().addComponents(true, head, tail);
    try {
      requests = requests(way.algorithm);
      requests.frame(body.length);
      requests.bytes(both, 0, body.length);
      assertThat(log.heard).hasSize(1);
      assertThat(both.readerIndex()).isZero();
      assertThat(both.refCnt()).isEqualTo(1);
    } finally {
      both.release();
    }
  }

  @Test
  void fields_may_come_in_any_order_and_unknown_ones_are_skipped() {
    requests = requests(Algorithm.ZSTD_STREAM);
    byte[] plain = frame(12, PING);
    byte[] unknown =
        UnknownFieldSet.newBuilder()
            .addField(9, bytes(new byte[300]))
            .addField(10, Field.newBuilder().addFixed32(-1).addFixed64(-1).addVarint(-1).build())
            .addField(1000, bytes(new byte[0]))
            .addField(3, Field.newBuilder().addVarint(12).build())
            .build()
            .toByteArray();
    byte[] payload =
        UnknownFieldSet.newBuilder().addField(4, bytes(Zstd.compress(plain))).build().toByteArray();
    send(concat(unknown, payload));
    send(concat(payload, unknown));
    send(concat(unknown, payload, unknown));
    assertThat(log.heard).hasSize(3);
    assertThat(log.undecodable).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void a_payload_that_is_cut_is_undecodable(Way way) {
    byte[] plain = frame(12, payload(new Random(4), 5000));
    byte[] compressed = way.session().compress(plain);
    for (int cut : new int[] {0, 1, 4, 5, 7, 12, 100, compressed.length / 2}) {
      Log log = new Log();
      try (CompressedRequests requests = new CompressedRequests(way.algorithm, MAX, MAX, log)) {
        byte[] body = compression(Arrays.copyOf(compressed, cut), plain.length);
        send(requests, body, Integer.MAX_VALUE);
        assertThat(log.undecodable).as("cut at %d", cut).isEqualTo(1);
        assertThat(log.heard).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void garbage_is_undecodable_and_told_once(Way way) {
    requests = requests(way.algorithm);
    byte[] garbage = new byte[1000];
    new Random(6).nextBytes(garbage);
    garbage[0] = (byte) 0xff;
    send(compression(garbage, 1000));
    assertThat(log.undecodable).isEqualTo(1);
    assertThat(requests.isDecodable()).isFalse();

    send(compression(way.session().compress(frame(12, PING)), 10));
    assertThat(log.undecodable).isEqualTo(1);
    assertThat(log.heard).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void a_changed_byte_raises_nothing_but_undecodable(Way way) {
    Random random = new Random(7);
    byte[] plain = concat(frame(12, payload(random, 3000)), frame(12, payload(random, 300)));
    byte[] compressed = way.session().compress(plain);
    for (int i = 0; i < 2000; i++) {
      byte[] body = compression(compressed, plain.length);
      int changes = 1 + random.nextInt(4);
      for (int j = 0; j < changes; j++) {
        body[random.nextInt(body.length)] = (byte) random.nextInt();
      }
      Log log = new Log();
      try (CompressedRequests requests =
          new CompressedRequests(way.algorithm, 10_000, 20_000, log)) {
        send(requests, body, 1 + random.nextInt(4000));
        assertThat(log.undecodable).isEqualTo(requests.isDecodable() ? 0 : 1);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_message_above_the_limit_is_undecodable(Way way) {
    byte[] plain = frame(12, new byte[1000]);
    for (int limit : new int[] {1000, 1001}) {
      Log log = new Log();
      try (CompressedRequests requests = new CompressedRequests(way.algorithm, limit, MAX, log)) {
        send(requests, compression(way.session().compress(plain), plain.length), 100);
        assertThat(log.undecodable).isEqualTo(limit == 1000 ? 1 : 0);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_bomb_is_put_out_at_the_limit(Way way) {
    byte[][] many = new byte[200][];
    Arrays.fill(many, frame(12, new byte[100_000]));
    byte[] plain = concat(many);
    Log log = new Log();
    try (CompressedRequests requests =
        new CompressedRequests(way.algorithm, 200_000, 1_000_000, log)) {
      send(requests, compression(way.session().compress(plain), plain.length), 65536);
      assertThat(log.undecodable).isEqualTo(1);
      assertThat(log.heard).hasSizeLessThan(10);
    }
  }

  @ParameterizedTest
  @EnumSource
  void the_limit_is_for_each_frame_anew(Way way) {
    byte[] plain = frame(12, new byte[100_000]);
    Compressor compressor = way.session();
    try (CompressedRequests requests =
        new CompressedRequests(way.algorithm, 200_000, 150_000, log)) {
      for (int i = 0; i < 5; i++) {
        send(requests, compression(compressor.compress(plain), plain.length), 65536);
      }
      assertThat(log.heard).hasSize(5);
    }
  }

  @ParameterizedTest
  @EnumSource
  void what_a_frame_must_not_hold_is_undecodable(Way way) {
    byte[] cut = Arrays.copyOf(frame(12, PING), 9);
    byte[] headerCut = {5, 0};
    byte[] nested = frame(46, compression(way.session().compress(frame(12, PING)), 13));
    byte[] empty = {0, 0, 0, 0, 12};
    byte[] negative = {0, 0, 0, -1, 12};
    for (byte[] plain : new byte[][] {cut, headerCut, nested, empty, negative, {}}) {
      Log log = new Log();
      try (CompressedRequests requests = new CompressedRequests(way.algorithm, MAX, MAX, log)) {
        byte[] two = concat(frame(24, PING), plain);
        byte[] sent = plain.length == 0 ? plain : two;
        send(requests, compression(way.session().compress(sent), sent.length), 100);
        assertThat(log.undecodable).isEqualTo(1);
        assertThat(log.heard).hasSize(sent.length == 0 ? 0 : 1);
      }
    }
  }

  @Test
  void a_frame_without_payload_is_undecodable() {
    for (byte[] body :
        new byte[][] {
          {},
          {8, 1}, // uncompressed_size only
          {34, 0}, // an empty payload
          {34, 5, 1}, // a payload longer than the frame
          {34, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1}, // and much longer
          {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1}, // no varint
          {3}, // a group
          {0, 0}, // field 0
          {8}, // cut
        }) {
      Log log = new Log();
      try (CompressedRequests requests =
          new CompressedRequests(Algorithm.DEFLATE_STREAM, MAX, MAX, log)) {
        send(requests, body, 3);
        assertThat(log.undecodable).as(Arrays.toString(body)).isEqualTo(1);
      }
    }
  }

  @Test
  void a_zstd_window_above_the_limit_is_refused_before_it_is_allocated() {
    for (int exponent : new int[] {13, 14, 20}) {
      // Magic, descriptor without content size, window 2^(10 + exponent), one raw block that is the
      // last.
      byte[] plain = frame(12, PING);
      byte[] head = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0, (byte) (exponent << 3)};
      byte[] block = {(byte) (plain.length << 3 | 1), 0, 0};
      Log log = new Log();
      try (CompressedRequests requests =
          new CompressedRequests(Algorithm.ZSTD_STREAM, MAX, MAX, log)) {
        send(requests, compression(concat(head, block, plain), plain.length), 1);
        assertThat(log.undecodable).isEqualTo(exponent == 13 ? 0 : 1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"5", "65536", "70000"})
  void an_lz4_match_reaches_no_further_back_than_its_frame(String distance) {
    // A session before has left its bytes in the window that this one gets.
    messages_are_found_whole(Way.LZ4);
    log.heard.clear();
    int offset = Integer.parseInt(distance) & 0xffff;
    byte[] block = {0x10, 'a', (byte) offset, (byte) (offset >>> 8), 0};
    byte[] head = {0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0, (byte) block.length, 0, 0, 0};
    requests = requests(Algorithm.LZ4_MESSAGE);
    send(compression(concat(head, block, new byte[4]), 6));
    assertThat(log.undecodable).isEqualTo(1);
  }

  @Test
  void sessions_whose_frames_alternate_do_not_disturb_each_other() {
    for (Way way : Way.values()) {
      int sessions = 5;
      byte[] plain = frame(12, payload(new Random(8), 40_000));
      List<CompressedRequests> all = new ArrayList<>();
      List<byte[]> bodies = new ArrayList<>();
      Log log = new Log();
      for (int i = 0; i < sessions; i++) {
        all.add(new CompressedRequests(way.algorithm, MAX, MAX, log));
        bodies.add(compression(way.session().compress(plain), plain.length));
        all.getLast().frame(bodies.getLast().length);
      }
      for (int at = 0; at < bodies.getFirst().length; at += 1000) {
        for (int i = 0; i < sessions; i++) {
          int part = Math.min(1000, bodies.get(i).length - at);
          all.get(i).bytes(Unpooled.wrappedBuffer(bodies.get(i)), at, part);
        }
      }
      all.forEach(CompressedRequests::close);
      assertThat(log.undecodable).isZero();
      assertThat(log.heard)
          .hasSize(sessions)
          .containsOnly(Heard.of(12, Arrays.copyOfRange(plain, 5, plain.length)));
    }
  }

  @Test
  void every_algorithm_is_known_by_its_capability() {
    assertThat(Algorithm.named("deflate_stream")).contains(Algorithm.DEFLATE_STREAM);
    assertThat(Algorithm.named("lz4_message")).contains(Algorithm.LZ4_MESSAGE);
    assertThat(Algorithm.named("zstd_stream")).contains(Algorithm.ZSTD_STREAM);
    assertThat(Algorithm.named("gzip")).isEmpty();
    assertThat(Algorithm.ZSTD_STREAM.capability()).isEqualTo("zstd_stream");
  }

  /** Random messages in random frames; the observer must hear just these. */
  private void conversation(Way way, int seed, int maxPiece) {
    Random random = new Random(seed);
    Compressor compressor = way.session();
    List<Heard> expected = new ArrayList<>();
    Log log = new Log();
    try (CompressedRequests requests = new CompressedRequests(way.algorithm, MAX, MAX, log)) {
      int frames = 1 + random.nextInt(4);
      for (int i = 0; i < frames; i++) {
        byte[][] messages = new byte[1 + random.nextInt(5)][];
        for (int j = 0; j < messages.length; j++) {
          int type = 1 + random.nextInt(45);
          byte[] payload = payload(random, random.nextInt(1 << random.nextInt(18)));
          messages[j] = frame(type, payload);
          expected.add(Heard.of(type, payload));
        }
        byte[] plain = concat(messages);
        byte[] body = compression(compressor.compress(plain), plain.length);
        requests.frame(body.length);
        ByteBuf buffer = Unpooled.wrappedBuffer(body);
        for (int at = 0; at < body.length; ) {
          int part = maxPiece <= 1 ? 1 : 1 + random.nextInt(Math.min(maxPiece, body.length - at));
          requests.bytes(buffer, at, maxPiece == Integer.MAX_VALUE ? body.length : part);
          at += maxPiece == Integer.MAX_VALUE ? body.length : part;
        }
      }
      assertThat(log.undecodable).isZero();
      assertThat(log.heard).isEqualTo(expected);
    }
  }

  private CompressedRequests requests(Algorithm algorithm) {
    return new CompressedRequests(algorithm, MAX, MAX, log);
  }

  private void send(byte[] body) {
    send(requests, body, Integer.MAX_VALUE);
  }

  private static void send(CompressedRequests requests, byte[] body, int piece) {
    requests.frame(body.length);
    ByteBuf buffer = Unpooled.wrappedBuffer(body);
    for (int at = 0; at < body.length; at += Math.min(piece, body.length - at)) {
      requests.bytes(buffer, at, Math.min(piece, body.length - at));
    }
  }
}
