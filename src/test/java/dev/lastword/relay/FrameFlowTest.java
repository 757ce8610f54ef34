package dev.lastword.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.lastword.relay.FrameFlow.Interception;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameFlowTest {
  private static final int HOLD_BACK = 100;

  private final Wire wire = new Wire(HOLD_BACK);

  @AfterEach
  void nothing_is_left() {
    wire.end();
    wire.releaseForwarded();
    wire.assertNothingAllocated();
  }

  // ---- Whole frames

  @Test
  void a_whole_frame_leaves_as_the_buffer_it_came_in() {
    ByteBuf in = wire.buffer(frame(20));
    wire.read(in);
    assertThat(wire.forwarded).singleElement().isSameAs(in);
    assertThat(in.refCnt()).isEqualTo(1);
    assertThat(wire.copies()).isZero();
    assertThat(wire.insideFrame()).isFalse();
  }

  @Test
  void frames_that_were_read_together_leave_together() {
    ByteBuf in = wire.buffer(frame(20), frame(0), frame(HOLD_BACK - 4), frame(1));
    wire.read(in);
    assertThat(wire.forwarded).singleElement().isSameAs(in);
    assertThat(wire.seen).hasSize(4);
    assertThat(wire.copies()).isZero();
  }

  @Test
  void a_frame_above_the_bound_that_is_there_as_a_whole_is_not_streamed() {
    ByteBuf in = wire.buffer(frame(5 * HOLD_BACK));
    wire.read(in);
    assertThat(wire.forwarded).singleElement().isSameAs(in);
    assertThat(wire.seen).hasSize(1);
    assertThat(wire.streams).isZero();
  }

  @Test
  void an_empty_read_changes_nothing() {
    ByteBuf empty = wire.buffer();
    wire.read(empty);
    assertThat(empty.refCnt()).isZero();
    assertThat(wire.forwarded).isEmpty();
    wire.read(wire.buffer(part(frame(9), 0, 3)));
    wire.read(wire.buffer());
    wire.read(wire.buffer(part(frame(9), 3, 13)));
    assertThat(wire.out()).isEqualTo(frame(9));
  }

  // ---- Cut frames

  @Test
  void a_frame_that_comes_byte_by_byte_leaves_once_its_end_is_there() {
    byte[] frame = frame(40);
    for (int i = 0; i < frame.length; i++) {
      assertThat(wire.forwarded).isEmpty();
      assertThat(wire.insideFrame()).isEqualTo(i > 0);
      wire.read(wire.buffer(part(frame, i, i + 1)));
    }
    assertThat(wire.out()).isEqualTo(frame);
    assertThat(wire.forwarded).hasSize(1);
    assertThat(wire.insideFrame()).isFalse();
    assertThat(wire.insideForwardedFrame()).isFalse();
  }

  @Test
  void an_empty_frame_is_one_even_if_its_header_comes_in_pieces() {
    byte[] bytes = join(frame(0), frame(0));
    for (byte b : bytes) {
      wire.read(wire.buffer(new byte[] {b}));
    }
    assertThat(wire.seen).hasSize(2);
    assertThat(wire.out()).isEqualTo(bytes);
  }

  @Test
  void only_the_frame_that_was_cut_is_copied_and_none_behind_it() {
    byte[] cut = frame(50);
    wire.read(wire.buffer(part(cut, 0, 10)));
    ByteBuf second = wire.buffer(part(cut, 10, 54), frame(30), frame(31));
    wire.read(second);
    assertThat(wire.forwarded).hasSize(2);
    assertThat(wire.forwarded.get(0).readableBytes()).isEqualTo(54);
    assertThat(wire.forwarded.get(1)).isSameAs(second);
    assertThat(wire.copies()).isEqualTo(1);
  }

  @Test
  void frames_before_a_cut_one_leave_at_once_without_a_copy() {
    ByteBuf in = wire.buffer(frame(30), frame(10), part(frame(50), 0, 20));
    wire.read(in);
    assertThat(wire.forwarded).hasSize(1);
    assertThat(wire.forwarded.getFirst().array()).isSameAs(in.array());
    assertThat(wire.out()).isEqualTo(join(frame(30), frame(10)));
    assertThat(wire.insideFrame()).isTrue();
    assertThat(wire.insideForwardedFrame()).isFalse();
    wire.releaseForwarded();
    assertThat(in.refCnt()).as("the rest does not keep the whole read alive").isZero();
  }

  @Test
  void a_frame_just_at_the_bound_is_held_and_one_above_is_streamed() {
    wire.read(wire.buffer(part(frame(HOLD_BACK - 4), 0, HOLD_BACK - 1)));
    assertThat(wire.forwarded).isEmpty();
    wire.read(wire.buffer(new byte[] {7}));
    assertThat(wire.forwarded).hasSize(1);
    assertThat(wire.streams).isZero();

    wire.read(wire.buffer(part(frame(HOLD_BACK - 3), 0, HOLD_BACK)));
    assertThat(wire.streams).isEqualTo(1);
    assertThat(wire.insideForwardedFrame()).isTrue();
    wire.read(wire.buffer(new byte[] {7}));
    assertThat(wire.insideForwardedFrame()).isFalse();
    assertThat(wire.streamsEnded).isEqualTo(1);
  }

  // ---- Streams

  @Test
  void a_long_frame_streams_and_what_follows_it_is_cut_again() {
    byte[] longFrame = frame(5000);
    ByteBuf first = wire.buffer(frame(3), part(longFrame, 0, 3000));
    wire.read(first);
    assertThat(wire.forwarded).singleElement().isSameAs(first);
    ByteBuf second = wire.buffer(part(longFrame, 3000, 5004), part(frame(8), 0, 6));
    wire.read(second);
    assertThat(wire.insideForwardedFrame()).isFalse();
    assertThat(wire.insideFrame()).isTrue();
    wire.read(wire.buffer(part(frame(8), 6, 12)));
    assertThat(wire.out()).isEqualTo(join(frame(3), longFrame, frame(8)));
    assertThat(wire.seen).containsExactly(hex(frame(3)), hex(longFrame), hex(frame(8)));
    assertThat(wire.streamedOfHead).isGreaterThan(0);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4})
  void a_stream_begins_when_its_type_is_there(int first) {
    byte[] frame = frame(6000);
    wire.read(wire.buffer(part(frame, 0, first)));
    assertThat(wire.streams).isZero();
    assertThat(wire.forwarded).isEmpty();
    wire.read(wire.buffer(part(frame, first, 6004)));
    assertThat(wire.seen).containsExactly(hex(frame));
    assertThat(wire.out()).isEqualTo(frame);
    assertThat(wire.streams).isEqualTo(1);
  }

  /** A server judges a frame by its header alone: "GET " is a length that it refuses, however little comes behind it. */
  @Test
  void with_a_real_bound_one_byte_behind_the_header_is_enough_to_begin_a_stream() {
    Wire real = new Wire(1 << 20);
    byte[] frame = frame(3 << 20);
    real.read(real.buffer(part(frame, 0, 4)));
    assertThat(real.streams).isZero();
    assertThat(real.forwarded).isEmpty();
    real.read(real.buffer(part(frame, 4, 5)));
    assertThat(real.streams).isEqualTo(1);
    assertThat(real.availableAtBegin).isEqualTo(5);
    real.end();
    real.releaseForwarded();
    real.assertNothingAllocated();
  }

  @Test
  void the_longest_length_that_can_be_said_is_streamed_and_never_allocated() {
    byte[] head = {-1, -1, -1, -1, 5};
    wire.read(wire.buffer(head));
    assertThat(wire.allocatedBytes()).isLessThan(5000);
    byte[] more = new byte[1000];
    for (int i = 0; i < 1000; i++) {
      wire.read(wire.buffer(more));
      wire.releaseForwarded();
    }
    assertThat(wire.length).isEqualTo(4L + 0xffff_ffffL);
    assertThat(wire.insideForwardedFrame()).isTrue();
    assertThat(wire.allocatedBytes()).isZero();
    assertThat(wire.bytesOut).isEqualTo(1_000_005);
  }

  @Test
  void a_header_that_promises_much_costs_little_until_it_comes() {
    Wire real = new Wire(1 << 20);
    real.read(real.buffer(new byte[] {-1, -1, -1, -1}));
    assertThat(real.allocatedBytes()).isLessThan(4096);
    real.end();
    real.read(real.buffer(part(frame(1 << 19), 0, 500)));
    real.assertNothingAllocated();

    real = new Wire(1 << 20);
    real.read(real.buffer(part(frame(1 << 19), 0, 500)));
    assertThat(real.allocatedBytes()).isLessThan(128 * 1024);
    real.end();
    real.assertNothingAllocated();
  }

  @Test
  void a_stream_that_is_not_let_through_ends_the_flow() {
    wire.refuseStreams = true;
    ByteBuf in = wire.buffer(part(frame(5000), 0, 3000));
    wire.read(in);
    wire.read(wire.buffer(part(frame(5000), 3000, 5004)));
    wire.read(wire.buffer(frame(10)));
    assertThat(wire.forwarded).isEmpty();
    assertThat(in.refCnt()).isZero();
    assertThat(wire.insideFrame()).isFalse();
  }

  // ---- Interception

  @Test
  void an_intercepted_frame_is_forwarded_between_its_neighbours() {
    wire.on(2, Interception.FORWARD);
    wire.read(wire.buffer(frame(10), marked(2, 20), frame(11)));
    assertThat(wire.out()).isEqualTo(join(frame(10), marked(2, 20), frame(11)));
    assertThat(wire.copies()).isZero();
    assertThat(wire.events)
        .containsExactly(
            "seen 14",
            "stopped 24",
            "forward 14",
            "intercept 24",
            "forward 24",
            "seen 15",
            "forward 15");
  }

  @Test
  void a_dropped_frame_leaves_no_trace() {
    wire.on(2, Interception.DROP);
    wire.read(wire.buffer(marked(2, 20), frame(10), marked(2, 0 + 1)));
    assertThat(wire.out()).isEqualTo(frame(10));
    wire.read(wire.buffer(marked(2, 20)));
    assertThat(wire.out()).isEqualTo(frame(10));
  }

  @Test
  void a_frame_that_has_to_wait_stops_the_flow_and_is_asked_again() {
    wire.on(2, Interception.WAIT);
    wire.read(wire.buffer(frame(10), marked(2, 20), frame(11)));
    wire.read(wire.buffer(frame(12)));
    assertThat(wire.out()).isEqualTo(frame(10));
    assertThat(wire.paused()).isTrue();
    wire.resume();
    assertThat(wire.paused()).isTrue();
    assertThat(wire.out()).isEqualTo(frame(10));
    wire.on(2, Interception.FORWARD);
    wire.resume();
    assertThat(wire.paused()).isFalse();
    assertThat(wire.out()).isEqualTo(join(frame(10), marked(2, 20), frame(11), frame(12)));
  }

  @Test
  void a_pause_from_within_an_interception_holds_what_is_behind_it() {
    for (Interception decision : new Interception[] {Interception.FORWARD, Interception.DROP}) {
      Wire wire = new Wire(HOLD_BACK);
      wire.on(
          2,
          _ -> {
            wire.pause();
            return decision;
          });
      byte[] cut = marked(2, 20);
      wire.read(wire.buffer(part(cut, 0, 7)));
      wire.read(wire.buffer(part(cut, 7, 24), frame(10), part(frame(9), 0, 5)));
      byte[] first = decision == Interception.DROP ? new byte[0] : cut;
      assertThat(wire.out()).isEqualTo(first);
      ByteBuf rest = Objects.requireNonNull(wire.takeHeld());
      assertThat(bytes(rest)).isEqualTo(join(frame(10), part(frame(9), 0, 5)));
      rest.release();
      assertThat(wire.takeHeld()).isNull();
      wire.resume();
      wire.read(wire.buffer(frame(8)));
      assertThat(wire.out()).isEqualTo(join(first, frame(8)));
      wire.releaseForwarded();
      wire.end();
      wire.assertNothingAllocated();
    }
  }

  @Test
  void a_flow_that_becomes_opaque_in_an_interception_passes_all_that_follows_unseen() {
    wire.on(
        2,
        _ -> {
          wire.becomeOpaque();
          return Interception.DROP;
        });
    wire.read(wire.buffer(frame(10), marked(2, 20), new byte[] {9, 9, 9}));
    wire.read(wire.buffer(new byte[] {8}));
    assertThat(wire.out()).isEqualTo(join(frame(10), new byte[] {9, 9, 9, 8}));
    assertThat(wire.insideForwardedFrame()).isTrue();
  }

  // ---- Pausing, opacity, the end

  @Test
  void what_comes_during_a_pause_is_kept_and_not_looked_at() {
    wire.pause();
    wire.read(wire.buffer(frame(10), part(frame(5), 0, 2)));
    wire.read(wire.buffer(part(frame(5), 2, 9), marked(2, 5)));
    assertThat(wire.seen).isEmpty();
    assertThat(wire.forwarded).isEmpty();
    wire.on(2, Interception.DROP);
    wire.resume();
    assertThat(wire.out()).isEqualTo(join(frame(10), frame(5)));
  }

  @Test
  void a_pause_in_the_middle_of_a_stream_or_of_a_header_loses_nothing() {
    byte[] all = join(frame(5000), frame(7));
    for (int at : new int[] {2, 4, 5, 150, 3000, 5003, 5004, 5005, 5010}) {
      Wire wire = new Wire(HOLD_BACK);
      wire.read(wire.buffer(part(all, 0, at)));
      wire.pause();
      wire.read(wire.buffer(part(all, at, at + 1)));
      wire.read(wire.buffer(part(all, at + 1, all.length)));
      wire.resume();
      assertThat(wire.out()).isEqualTo(all);
      assertThat(wire.seen).containsExactly(hex(frame(5000)), hex(frame(7)));
      wire.releaseForwarded();
      wire.assertNothingAllocated();
    }
  }

  @Test
  void an_opaque_flow_forwards_what_it_held_first() {
    wire.read(wire.buffer(part(frame(50), 0, 20)));
    wire.becomeOpaque();
    ByteBuf next = wire.buffer(new byte[] {1, 2, 3});
    wire.read(next);
    assertThat(wire.out()).isEqualTo(join(part(frame(50), 0, 20), new byte[] {1, 2, 3}));
    assertThat(wire.forwarded.getLast()).isSameAs(next);
    assertThat(wire.seen).isEmpty();
  }

  @Test
  void the_held_beginning_of_a_frame_can_be_taken() {
    wire.read(wire.buffer(frame(3), part(frame(50), 0, 20)));
    ByteBuf held = Objects.requireNonNull(wire.takeHeld());
    assertThat(bytes(held)).isEqualTo(part(frame(50), 0, 20));
    held.release();
    assertThat(wire.insideFrame()).isFalse();
  }

  @Test
  void after_the_end_everything_is_dropped() {
    wire.read(wire.buffer(part(frame(50), 0, 20)));
    wire.end();
    assertThat(wire.insideFrame()).isFalse();
    wire.read(wire.buffer(part(frame(50), 20, 54)));
    wire.resume();
    wire.end();
    assertThat(wire.forwarded).isEmpty();
  }

  /** Writing to a channel that is closed tells the session at once, within the call. */
  @Test
  void an_end_from_within_forward_leaves_nothing_behind() {
    for (boolean stopping : new boolean[] {false, true}) {
      for (int cut = 0; cut <= 14; cut++) {
        Wire wire = new Wire(HOLD_BACK);
        wire.on(2, _ -> fail("asked after the end"));
        wire.onForward = wire::end;
        byte[] second = stopping ? marked(2, 5) : frame(5);
        wire.read(wire.buffer(frame(10), second, part(frame(10), 0, cut)));
        wire.read(wire.buffer(part(frame(10), cut, 14)));
        assertThat(wire.forwarded).hasSize(1);
        assertThat(wire.insideFrame()).isFalse();
        wire.releaseForwarded();
        wire.assertNothingAllocated();
      }
    }
  }

  @Test
  void an_end_from_within_passes_or_an_interception_leaves_nothing_behind() {
    for (Interception decision : Interception.values()) {
      Wire wire = new Wire(HOLD_BACK);
      wire.on(
          2,
          _ -> {
            wire.end();
            return decision;
          });
      wire.read(wire.buffer(frame(10), marked(2, 5), frame(3), part(frame(10), 0, 9)));
      wire.releaseForwarded();
      wire.assertNothingAllocated();
      assertThat(wire.insideFrame()).isFalse();
    }
    wire.onSeen = wire::end;
    wire.read(wire.buffer(frame(10), part(frame(10), 0, 9)));
    assertThat(wire.forwarded).isEmpty();
  }

  // ---- Everything at random

  @Test
  void any_frames_in_any_pieces_come_out_as_they_went_in() {
    for (int seed = 0; seed < 4000; seed++) {
      try {
        conversation(new Random(seed));
      } catch (AssertionError | RuntimeException e) {
        fail("seed " + seed, e);
      }
    }
  }

  private static void conversation(Random random) {
    int holdBack = 8 + random.nextInt(400);
    Wire wire = new Wire(holdBack);
    wire.on(1, Interception.FORWARD);
    wire.on(2, Interception.DROP);
    wire.on(3, _ -> random.nextBoolean() ? Interception.WAIT : Interception.FORWARD);
    wire.on(
        4,
        _ -> {
          wire.pause();
          return random.nextBoolean() ? Interception.FORWARD : Interception.WAIT;
        });

    ByteArrayOutputStream in = new ByteArrayOutputStream();
    ByteArrayOutputStream expected = new ByteArrayOutputStream();
    List<String> frames = new ArrayList<>();
    // For each byte that comes out, whether a frame may be cut in front of it.
    List<Integer> ends = new ArrayList<>(List.of(0));
    int count = 1 + random.nextInt(30);
    for (int i = 0; i < count; i++) {
      int length = random.nextInt(random.nextInt(8) == 0 ? 3 * holdBack : holdBack - 3);
      byte[] frame = frame(length);
      boolean dropped = false;
      if (length > 0 && length + 4 <= holdBack && random.nextInt(4) == 0) {
        frame[4] = (byte) (1 + random.nextInt(4));
        dropped = frame[4] == 2;
      } else if (length > 0) {
        frame[4] = (byte) (5 + random.nextInt(100));
      }
      frames.add(hex(frame));
      in.writeBytes(frame);
      if (!dropped) {
        expected.writeBytes(frame);
        if (length + 4 > holdBack) {
          for (int at = 1; at < length + 4; at++) {
            ends.add(ends.getLast() + 1);
          }
        }
        ends.add(expected.size());
      }
    }
    byte[] all = in.toByteArray();
    int at = 0;
    int largest = 1 + random.nextInt(1 + random.nextInt(3 * holdBack));
    while (at < all.length) {
      int next = Math.min(all.length, at + random.nextInt(largest + 1));
      wire.read(wire.buffer(part(all, at, next)));
      at = next;
      if (random.nextInt(10) == 0) {
        wire.pause();
      }
      if (wire.paused() && random.nextInt(3) == 0) {
        wire.resume();
      }
      assertThat(ends).as("no frame is cut").contains((int) wire.bytesOut);
      if (!wire.insideForwardedFrame() && !wire.paused()) {
        assertThat(wire.insideFrame()).isEqualTo(wire.seenBytes < at);
      }
    }
    while (wire.paused()) {
      wire.resume();
    }
    assertThat(wire.insideFrame()).isFalse();
    assertThat(wire.streamsEnded).isEqualTo(wire.streams);
    assertThat(wire.seen).isEqualTo(frames);
    assertThat(hex(wire.out())).isEqualTo(hex(expected.toByteArray()));
    wire.releaseForwarded();
    wire.assertNothingAllocated();
  }

  // ---- Bytes

  /** Four bytes of length, then as many others. */
  static byte[] frame(int length) {
    byte[] frame = new byte[4 + length];
    for (int i = 0; i < 4; i++) {
      frame[i] = (byte) (length >>> (8 * i));
    }
    for (int i = 4; i < frame.length; i++) {
      frame[i] = (byte) (i == 4 ? 77 : i * 31 + length);
    }
    return frame;
  }

  static byte[] marked(int mark, int length) {
    byte[] frame = frame(length);
    frame[4] = (byte) mark;
    return frame;
  }

  static byte[] part(byte[] bytes, int from, int to) {
    return Arrays.copyOfRange(bytes, from, to);
  }

  static byte[] join(byte[]... parts) {
    return bytes(Unpooled.wrappedBuffer(parts));
  }

  private static byte[] bytes(ByteBuf buffer) {
    return ByteBufUtil.getBytes(buffer);
  }

  private static String hex(byte[] bytes) {
    return ByteBufUtil.hexDump(bytes);
  }
}
