using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Cairn.Formats;
using Cairn.Model;

namespace Cairn.Vectors;

/// <summary>The small parts of a stored index as bytes, version 1: docs/formats/checkpoint.md. Little-endian; equal parts make equal bytes.</summary>
internal static class StoredVectorsCodec
{
    private const ushort Version = 1;
    private const byte Sketched = 1;
    private const int HeaderBytes = 32, DepthBytes = 8, CentreBytes = 8, BlockBytes = 13;

    /// <summary>Writes the parts.</summary>
    public static byte[] Write(StoredVectors stored)
    {
        var (spec, clustering) = (stored.Spec, stored.Clustering);
        var (depths, centres) = (clustering.Plan.Depths.Length, clustering.Centroids?.Count ?? 0);
        var bytes = new byte[LengthOf(spec, depths, centres, stored.Blocks.Length)];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, Version);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2), (ushort)spec.Dimensions);
        bytes[4] = (byte)spec.Metric;
        bytes[5] = spec.IsSketched ? Sketched : (byte)0;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(6), (ushort)depths);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), centres);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), stored.Blocks.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), clustering.Division.Vectors);
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(24), clustering.Division.Imbalance);
        var rest = WritePlan(bytes.AsSpan(HeaderBytes), clustering.Plan);
        for (var centre = 0; centre < centres; centre++)
        {
            rest = WriteCentre(rest, clustering.Centroids!, centre, spec.Dimensions);
        }

        foreach (var block in stored.Blocks)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, block.Cluster);
            rest[4] = (byte)block.Used;
            BinaryPrimitives.WriteUInt64LittleEndian(rest[5..], block.Live);
            rest = rest[BlockBytes..];
        }

        return bytes;
    }

    /// <summary>Reads them.</summary>
    /// <exception cref="Primitives.CairnException">Corrupt: malformed, or of a later version.</exception>
    public static StoredVectors Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        if (reader.UInt16() is not Version and var version)
        {
            throw Malformed.Unsupported("version of a vector index", version, Version);
        }

        var (dimensions, metric, flags) = (reader.UInt16(), reader.Byte(), reader.Byte());
        Require(dimensions is >= 1 and <= Limits.VectorDimensions && metric <= (byte)VectorMetric.L2 && flags <= Sketched, "no vectors are such");
        Require(flags == 0 || VectorSpec.CanBeSketched(dimensions, (VectorMetric)metric), "there are no sketches of such vectors");
        var spec = new VectorSpec(dimensions, (VectorMetric)metric, flags == Sketched);
        var (depths, centres, blocks, divided) = (reader.UInt16(), reader.UInt32(), reader.UInt32(), (int)reader.UInt32());
        Require(reader.UInt32() == 0 && divided >= 0, "its division makes no sense");
        var imbalance = BitConverter.UInt64BitsToDouble(reader.UInt64());
        Require(double.IsFinite(imbalance) && imbalance > 0, "its division makes no sense");
        Require(centres == 0 || !spec.IsSketched, "what is sketched is not divided");
        Require(bytes.Length == LengthOf(spec, depths, centres, blocks), "its length is not that of its parts");
        var plan = ReadPlan(ref reader, depths, Math.Max(1, centres));
        var clustering = new Clustering(ReadCentres(ref reader, spec, (int)centres), plan, new(divided, imbalance));
        return new(spec, clustering, ReadBlocks(ref reader, spec, clustering.Count, (int)blocks));
    }

    private static long LengthOf(VectorSpec spec, long depths, long centres, long blocks) =>
        HeaderBytes + (depths * DepthBytes) + (centres * (CentreBytes + spec.Dimensions)) + (blocks * BlockBytes);

    private static Span<byte> WritePlan(Span<byte> bytes, ProbePlan plan)
    {
        for (var i = 0; i < plan.Depths.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes, plan.Depths[i]);
            BinaryPrimitives.WriteInt32LittleEndian(bytes[sizeof(int)..], plan.Counts[i]);
            bytes = bytes[DepthBytes..];
        }

        return bytes;
    }

    private static ProbePlan ReadPlan(ref ByteReader reader, int count, uint clusters)
    {
        var (depths, probes) = (new int[count], new int[count]);
        for (var i = 0; i < count; i++)
        {
            (depths[i], probes[i]) = ((int)reader.UInt32(), (int)reader.UInt32());
            Require(depths[i] > (i == 0 ? 0 : depths[i - 1]) && probes[i] >= 1 && (uint)probes[i] <= clusters, "its plan of probes makes no sense");
        }

        return new(depths, probes);
    }

    private static Span<byte> WriteCentre(Span<byte> bytes, Centroids centroids, int centre, int dimensions)
    {
        BinaryPrimitives.WriteSingleLittleEndian(bytes, centroids.Value(centre).Scale);
        BinaryPrimitives.WriteSingleLittleEndian(bytes[sizeof(float)..], centroids.Value(centre).Offset);
        MemoryMarshal.AsBytes(centroids.Codes(centre)[..dimensions]).CopyTo(bytes[CentreBytes..]);
        return bytes[(CentreBytes + dimensions)..];
    }

    private static Centroids? ReadCentres(ref ByteReader reader, VectorSpec spec, int count)
    {
        var centroids = count == 0 ? null : new Centroids(spec);
        Span<sbyte> codes = stackalloc sbyte[spec.RowBytes];
        codes.Clear();
        for (var centre = 0; centre < count; centre++)
        {
            var slot = VectorChunks.Checked(new(centre, reader.Single(), reader.Single()));
            VectorChunks.CopyCodes(reader.Take(spec.Dimensions), codes);
            centroids!.Add(codes, slot.Scale, slot.Offset);
        }

        return centroids;
    }

    private static ImmutableArray<StoredBlock> ReadBlocks(ref ByteReader reader, VectorSpec spec, int clusters, int count)
    {
        Require(count <= int.MaxValue / VectorBlock.Slots, "it has more slots than are numbered");
        var blocks = ImmutableArray.CreateBuilder<StoredBlock>(count);
        var capacity = VectorBlock.WholeCapacity(spec.RowBytes);
        for (var i = 0; i < count; i++)
        {
            var block = new StoredBlock((int)reader.UInt32(), reader.Byte(), reader.UInt64());
            Require((uint)block.Cluster < (uint)clusters && block.Used >= 1 && block.Used <= capacity, "a block makes no sense");
            Require(block.Used == VectorBlock.Slots || block.Live >> block.Used == 0, "a slot is live that is not used");
            blocks.Add(block);
        }

        return blocks.MoveToImmutable();
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw Malformed.Because("a vector index is damaged: " + what);
        }
    }
}
