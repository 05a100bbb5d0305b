using System.Buffers;
using System.Buffers.Binary;
using Cairn.Columns;
using Cairn.Formats;
using Cairn.Indexes;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Snapshots.Checkpoints;

/// <summary>The state of a checkpoint as bytes: version 2, or 3 where there are origins; read from version 1, too. docs/formats/checkpoint.md has the layout.</summary>
internal static class CheckpointStateCodec
{
    private const ushort Version = 2, VersionWithOrigins = 3;
    private const ushort HasExpiry = 1, HoldsForgotten = 2;

    // More would be damage: columns are limited, and so are the chunks of 4 GiB of keys or of an arena that memory can hold.
    private const int MaxColumns = 4096;
    private const int MaxArenaChunks = 1 << 28;

    /// <summary>Encodes.</summary>
    public static byte[] Write(CheckpointState state)
    {
        var bytes = new ArrayBufferWriter<byte>(4096);

        // What knows no origins goes on reading checkpoints that have none.
        UInt16(bytes, state.Origins.Count > 0 ? VersionWithOrigins : Version);
        Int64(bytes, state.Position.Value);
        Int64(bytes, state.LogClock.Microseconds);
        Int64(bytes, unchecked((long)state.HashKey));
        Int64(bytes, state.ConceptCount);
        Int64(bytes, state.AssociationCount);
        Int64(bytes, state.Operations);
        Int64(bytes, state.ForgottenBefore.Microseconds);
        UInt16(bytes, (ushort)((state.HasExpiry ? HasExpiry : 0) | (state.HoldsForgotten ? HoldsForgotten : 0)));
        Int32(bytes, state.AdjacencyRows);
        Medium(bytes, SettingsCodec.Write(state.Settings));
        UInt16(bytes, (ushort)state.Keys.Count);
        foreach (var keys in state.Keys)
        {
            Extent(bytes, keys);
        }

        Rows(bytes, state.Concepts);
        Rows(bytes, state.Associations);
        Int32(bytes, state.ImpliedDegrees.Count);
        foreach (var (row, degree) in state.ImpliedDegrees)
        {
            Int32(bytes, row);
            Int32(bytes, degree);
        }

        Int32(bytes, state.Writers.Count);
        foreach (var writer in state.Writers)
        {
            BinaryPrimitives.WriteUInt128LittleEndian(bytes.GetSpan(16), writer.Writer.Value);
            bytes.Advance(16);
            Int64(bytes, unchecked((long)writer.Sequence));
            Int64(bytes, writer.Time.Microseconds);
        }

        if (state.Origins.Count > 0)
        {
            Int32(bytes, state.Origins.Count);
            foreach (var origin in state.Origins)
            {
                origin.Last.Write(bytes.GetSpan(Origin.LengthBytes));
                bytes.Advance(Origin.LengthBytes);
                Int64(bytes, origin.Time.Microseconds);
            }
        }

        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Decodes.</summary>
    /// <exception cref="CairnException">Corrupt: malformed, or of a later version.</exception>
    public static CheckpointState Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        var version = reader.UInt16();
        if (version is not (1 or Version or VersionWithOrigins))
        {
            throw Malformed.Unsupported("checkpoint version", version, VersionWithOrigins);
        }

        var state = ReadState(ref reader, version);
        var holds = reader.Left == 0 && state.Keys[(int)StoredTables.Ids].Count == state.Concepts.RowCount
            && state.AdjacencyRows <= state.Concepts.RowCount
            && state.ConceptCount >= 0 && state.ConceptCount <= state.Concepts.RowCount
            && state.AssociationCount >= 0 && state.AssociationCount <= state.Associations.RowCount;
        return holds ? state : throw Malformed.Because("the counts of a checkpoint contradict each other");
    }

    private static CheckpointState ReadState(ref ByteReader reader, ushort version)
    {
        ushort flags;
        return new()
        {
            Position = Position(reader.Int64()),
            LogClock = new(reader.Int64()),
            HashKey = reader.UInt64(),
            ConceptCount = reader.Int64(),
            AssociationCount = reader.Int64(),
            Operations = reader.Int64(),
            ForgottenBefore = new(reader.Int64()),
            HasExpiry = ((flags = reader.UInt16()) & HasExpiry) != 0,

            // Version 1 says where keys end, not how many bytes they have: that is counted as too much rather than too little.
            HoldsForgotten = version == 1 || (flags & HoldsForgotten) != 0,
            AdjacencyRows = Count(ref reader, int.MaxValue),
            Settings = SettingsCodec.Read(reader.Medium()),
            Keys = ReadKeys(ref reader, version),
            Concepts = ReadRows(ref reader, version),
            Associations = ReadRows(ref reader, version),
            ImpliedDegrees = ReadImplied(ref reader),
            Writers = ReadWriters(ref reader),
            Origins = version == VersionWithOrigins ? ReadOrigins(ref reader) : [],
        };
    }

    private static void Rows(ArrayBufferWriter<byte> bytes, RowsState rows)
    {
        Int32(bytes, rows.RowCount);
        UInt16(bytes, (ushort)rows.Columns.Count);
        foreach (var column in rows.Columns)
        {
            Medium(bytes, column.Name);
            UInt16(bytes, (ushort)((byte)column.Kind | (column.Dictionary is null ? 0 : 0x100)));
            if (column.Dictionary is { } dictionary)
            {
                Extent(bytes, dictionary);
            }
        }

        UInt16(bytes, (ushort)rows.Arenas.Count);
        foreach (var arena in rows.Arenas)
        {
            UInt16(bytes, (ushort)arena.Column);
            Int32(bytes, arena.Current);
            Int32(bytes, arena.Uses.Count);
            foreach (var use in arena.Uses)
            {
                Int32(bytes, use.Used);
                Int32(bytes, use.Live);
            }
        }
    }

    private static RowsState ReadRows(ref ByteReader reader, ushort version)
    {
        var rowCount = Count(ref reader, int.MaxValue);
        var columns = new ColumnState[Count16(ref reader)];
        for (var i = 0; i < columns.Length; i++)
        {
            var name = reader.Medium().ToArray();
            var kind = reader.UInt16();
            columns[i] = new(name, (ValueKind)(kind & 0xFF), (kind & 0x100) != 0 ? ReadExtent(ref reader, version) : null);
        }

        var arenas = new ArenaState[Count16(ref reader)];
        for (var i = 0; i < arenas.Length; i++)
        {
            var (column, current) = (reader.UInt16(), (int)reader.UInt32());
            var uses = new ChunkUse[Count(ref reader, MaxArenaChunks, 2 * sizeof(int))];
            for (var chunk = 0; chunk < uses.Length; chunk++)
            {
                uses[chunk] = ReadUse(ref reader);
            }

            Require(current >= -1 && current < uses.Length, "the chunk of an arena is out of range");
            arenas[i] = new(column, current, uses);
        }

        return new(rowCount, columns, arenas);
    }

    private static ChunkUse ReadUse(ref ByteReader reader)
    {
        var use = new ChunkUse((int)reader.UInt32(), (int)reader.UInt32());
        Require(use.Used is >= 0 and <= Arena.ChunkBytes && use.Live >= 0 && use.Live <= use.Used, "a chunk of an arena is fuller than it can be");
        return use;
    }

    private static KeyTableExtent[] ReadKeys(ref ByteReader reader, ushort version)
    {
        var keys = new KeyTableExtent[reader.UInt16()];
        Require(keys.Length == StoredTables.Count, "a checkpoint has another number of key tables");
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = ReadExtent(ref reader, version);
        }

        return keys;
    }

    private static KeyValuePair<int, int>[] ReadImplied(ref ByteReader reader)
    {
        var implied = new KeyValuePair<int, int>[Count(ref reader, int.MaxValue, 2 * sizeof(int))];
        for (var i = 0; i < implied.Length; i++)
        {
            implied[i] = new((int)reader.UInt32(), (int)reader.UInt32());
        }

        return implied;
    }

    private static WriterState[] ReadWriters(ref ByteReader reader)
    {
        var writers = new WriterState[Count(ref reader, int.MaxValue, 32)];
        for (var i = 0; i < writers.Length; i++)
        {
            writers[i] = new(new(BinaryPrimitives.ReadUInt128LittleEndian(reader.Take(16))), reader.UInt64(), new(reader.Int64()));
        }

        return writers;
    }

    private static OriginState[] ReadOrigins(ref ByteReader reader)
    {
        var origins = new OriginState[Count(ref reader, int.MaxValue, Origin.LengthBytes + sizeof(long))];
        for (var i = 0; i < origins.Length; i++)
        {
            origins[i] = new(Origin.Read(reader.Take(Origin.LengthBytes)), new(reader.Int64()));
        }

        return origins;
    }

    private static void Extent(ArrayBufferWriter<byte> bytes, in KeyTableExtent extent)
    {
        Int32(bytes, extent.Count);
        Int32(bytes, extent.Chunks);
        Int32(bytes, extent.UsedBytes);
        Int32(bytes, extent.LastChunkBytes);
        Int64(bytes, extent.KeyBytes);
    }

    private static KeyTableExtent ReadExtent(ref ByteReader reader, ushort version)
    {
        var (count, chunks, usedBytes, lastChunkBytes) = ((int)reader.UInt32(), (int)reader.UInt32(), (int)reader.UInt32(), (int)reader.UInt32());
        var mostBytes = (chunks * (long)KeyTable.ChunkBytes) + usedBytes;
        var extent = new KeyTableExtent(count, chunks, usedBytes, lastChunkBytes, version == 1 ? mostBytes : reader.Int64());
        var holds = extent.KeyBytes >= 0 && extent.KeyBytes <= mostBytes && extent.Count >= 0 && extent.Chunks is >= 1 and <= KeyTable.MaxChunks && extent.UsedBytes >= 0 && extent.UsedBytes <= extent.LastChunkBytes
            && extent.LastChunkBytes is > 0 and <= KeyTable.ChunkBytes;
        Require(holds, "the extent of a key table is out of range");
        return extent;
    }

    private static LogPosition Position(long value)
    {
        Require(value >= 0 && value <= LogPosition.Max.Value, "the position of a checkpoint is out of range");
        return new(value);
    }

    // A count that the bytes behind it cannot hold is damage, and not worth an allocation.
    private static int Count(ref ByteReader reader, int most, int itemBytes = 0)
    {
        var count = reader.UInt32();
        Require(count <= (uint)most && (long)count * itemBytes <= reader.Left, "a count of a checkpoint is out of range");
        return (int)count;
    }

    private static int Count16(ref ByteReader reader)
    {
        var count = reader.UInt16();
        Require(count <= MaxColumns, "a checkpoint has more columns than there can be");
        return count;
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw Malformed.Because(what);
        }
    }

    private static void UInt16(ArrayBufferWriter<byte> bytes, ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.GetSpan(sizeof(ushort)), value);
        bytes.Advance(sizeof(ushort));
    }

    private static void Int32(ArrayBufferWriter<byte> bytes, int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(bytes.GetSpan(sizeof(int)), value);
        bytes.Advance(sizeof(int));
    }

    private static void Int64(ArrayBufferWriter<byte> bytes, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(bytes.GetSpan(sizeof(long)), value);
        bytes.Advance(sizeof(long));
    }

    private static void Medium(ArrayBufferWriter<byte> bytes, ReadOnlySpan<byte> value)
    {
        UInt16(bytes, (ushort)value.Length);
        bytes.Write(value);
    }
}
