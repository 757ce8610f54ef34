package dev.lastword.classic;

import dev.lastword.relay.FrameFlow.Interception;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.function.Function;
import java.util.function.IntConsumer;

/** Both directions of a session in the compressed protocol, whose packets have numbers of their own that both sides count on. */
final class CompressedStreams {
  private final ByteBufAllocator allocator;
  private final CompressedFlow fromClient;
  private final CompressedFlow fromServer;
  private int sequence;
  private boolean clientIsBroken;

  /** Who looks at the packets inside, and who sends the compressed ones on. */
  interface Ends {
    /** A packet of the client, header at index 0. */
    void clientPacket(ByteBuf in, int seen, int length);

    /** A packet of the server, header at index 0. */
    void serverPacket(ByteBuf in, int seen, int length);

    /** A login between legs that differ: the client's packets in it. */
    CompressedFlow.Exchange clientInExchange();

    /** The server's. */
    CompressedFlow.Exchange serverInExchange();

    /** Owns what goes to the server. */
    void toServer(ByteBuf packets);

    /** Owns what goes to the client. */
    void toClient(ByteBuf packets);

    /** What the server sent cannot be unpacked. */
    void strangeServer(String what);
  }

  CompressedStreams(ByteBufAllocator allocator, int holdBack, Ends ends) {
    this.allocator = allocator;
    // What a client sends that cannot be unpacked is for the server to refuse.
    Function<String, Interception> leftToServer =
        _ -> {
          clientIsBroken = true;
          return Interception.FORWARD;
        };
    IntConsumer counted = number -> sequence = number;
    this.fromClient =
        new CompressedFlow(
            ends::clientPacket,
            ends.clientInExchange(),
            allocator,
            0,
            counted,
            ends::toServer,
            leftToServer);
    this.fromServer =
        new CompressedFlow(
            ends::serverPacket,
            ends.serverInExchange(),
            allocator,
            holdBack,
            counted,
            ends::toClient,
            why -> {
              ends.strangeServer("sent a compressed packet that cannot be unpacked: " + why);
              return Interception.DROP;
            });
  }

  /** Owns what was read from the client. */
  void clientRead(ByteBuf in) {
    fromClient.read(in);
  }

  /** Owns what was read from the server. */
  void serverRead(ByteBuf in) {
    fromServer.read(in);
  }

  /** The client's bytes are kept and not looked at, until {@link #resumeClient}. */
  void pauseClient() {
    fromClient.pause();
  }

  void resumeClient() {
    fromClient.resume();
  }

  /** Whether the beginning of something of the client's has come, and not its end. */
  boolean clientIsSending() {
    return fromClient.insideFrame() || !fromClient.isBetween();
  }

  /** Whether the server has been sent the beginning of a packet and not its end, or what nobody understands. */
  boolean insidePacketToServer() {
    return clientIsBroken || !fromClient.isBetween();
  }

  /** Whether the client has been sent the beginning of a packet, and the end will never come. */
  boolean insidePacketToClient() {
    return fromServer.insidePacket();
  }

  /**
   * Packs a last packet for the client, behind what it can still be sent of the server's.
   *
   * @param packet the caller gives it away
   * @param idle whether nothing is outstanding, so that both numbers begin again
   * @return owned by the caller
   */
  ByteBuf lastToClient(ByteBuf packet, boolean idle) {
    int next = fromServer.cutOff(sequence);
    return packed(packet, idle ? 0 : next);
  }

  /** Packs a packet that begins an exchange. */
  ByteBuf first(ByteBuf packet) {
    return packed(packet, 0);
  }

  /** Packs a packet of an exchange for the client, by its own number; the caller gives it away and owns the result. */
  ByteBuf toClient(ByteBuf packet) {
    sequence = Packets.sequence(packet, packet.readerIndex());
    return packed(packet, sequence);
  }

  /** The same for the server. */
  ByteBuf toServer(ByteBuf packet) {
    return packed(packet, Packets.sequence(packet, packet.readerIndex()));
  }

  /** The client has sent a packet of an exchange with that number. */
  void countClient(int number) {
    sequence = number;
  }

  /** The number inside begins with the one outside, as after every flush of a server's: observed on MySQL 9.7. */
  private ByteBuf packed(ByteBuf packet, int number) {
    packet.setByte(packet.readerIndex() + 3, number);
    ByteBuf packed =
        allocator
            .buffer(Unpacker.HEADER + packet.readableBytes())
            .writeMediumLE(packet.readableBytes())
            .writeByte(number)
            .writeMediumLE(0)
            .writeBytes(packet);
    packet.release();
    return packed;
  }

  void endClient() {
    fromClient.end();
  }

  /** Nothing comes from the server any more; what waits for more is kept until {@link #lastToClient} or {@link #dropWaiting}. */
  void endServer() {
    fromServer.end();
  }

  void dropWaiting() {
    fromServer.dropWaiting();
  }
}
