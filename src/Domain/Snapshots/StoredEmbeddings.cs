using System.Buffers.Binary;
using Cairn.Model;

namespace Cairn.Snapshots;

/// <summary>
/// The embeddings of one concept as its row holds them: of each model u64 key, u64 hash of the text, u16 dimensions and float32s, back to back. At most two: the serving model's and
/// the next one's. Stateless.
/// </summary>
internal static class StoredEmbeddings
{
    /// <summary>Bytes of an entry before its components.</summary>
    public const int HeaderBytes = (2 * sizeof(ulong)) + sizeof(ushort);

    /// <summary>Takes the first entry off.</summary>
    /// <returns>False: there is none left.</returns>
    public static bool TryTake(scoped ref ReadOnlySpan<byte> entries, out StoredEmbedding entry)
    {
        entry = default;
        if (entries.IsEmpty)
        {
            return false;
        }

        entry = new(entries[..(HeaderBytes + (BinaryPrimitives.ReadUInt16LittleEndian(entries[(2 * sizeof(ulong))..]) * sizeof(float)))]);
        entries = entries[entry.Bytes.Length..];
        return true;
    }

    /// <summary>The entry of a model; the default if there is none.</summary>
    public static StoredEmbedding Find(ReadOnlySpan<byte> entries, ulong model)
    {
        while (TryTake(ref entries, out var entry))
        {
            if (entry.Model == model)
            {
                return entry;
            }
        }

        return default;
    }

    /// <summary>Writes an entry and answers its bytes.</summary>
    public static int Write(Span<byte> destination, ulong model, ulong textHash, ReadOnlySpan<byte> vector)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(destination, model);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[sizeof(ulong)..], textHash);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[(2 * sizeof(ulong))..], (ushort)(vector.Length / sizeof(float)));
        vector.CopyTo(destination[HeaderBytes..]);
        return HeaderBytes + vector.Length;
    }
}

/// <summary>One embedding of a row, where it lies.</summary>
/// <param name="bytes">All of it; empty: there is none.</param>
internal readonly ref struct StoredEmbedding(ReadOnlySpan<byte> bytes)
{
    /// <summary>All of it; empty: there is none.</summary>
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    /// <summary>There is one.</summary>
    public bool Exists => !Bytes.IsEmpty;

    /// <summary>Key of its model.</summary>
    public ulong Model => BinaryPrimitives.ReadUInt64LittleEndian(Bytes);

    /// <summary>Which text it is of.</summary>
    public ulong TextHash => BinaryPrimitives.ReadUInt64LittleEndian(Bytes[sizeof(ulong)..]);

    /// <summary>float32, little-endian.</summary>
    public ReadOnlySpan<byte> Vector => Bytes[StoredEmbeddings.HeaderBytes..];
}
