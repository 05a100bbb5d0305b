using System.Buffers;
using System.Buffers.Binary;
using Cairn.Primitives;
using Cairn.Storage;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Infra.Blob;

/// <summary>A copy of a blob on the local disk: its bytes, then a trailer that tells whether they are whole. The handle outlives a deletion.</summary>
/// <remarks>
/// Trailer, little-endian, 24 bytes: magic <c>CairnBlb</c>, i64 length of the blob, u32 CRC-32C of its bytes, u32 CRC-32C of the 20 bytes
/// before.
/// </remarks>
internal sealed class CacheFile : IBlobReader
{
    public const int TrailerBytes = 24;

    private const int StepBytes = 1 << 20;

    private readonly string _name;
    private readonly SafeFileHandle _handle;
    private readonly uint _checksum;

    private CacheFile(string name, SafeFileHandle handle, long lengthBytes, uint checksum)
    {
        _name = name;
        _handle = handle;
        _checksum = checksum;
        LengthBytes = lengthBytes;
    }

    public long LengthBytes { get; }

    private static ReadOnlySpan<byte> Magic => "CairnBlb"u8;

    /// <summary>Opens a copy whose trailer fits its length.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">What messages call the blob.</param>
    /// <param name="damaged">A file is there, and it is no whole copy.</param>
    /// <returns>Null: there is none, or it is damaged.</returns>
    public static CacheFile? Open(string path, string name, out bool damaged)
    {
        damaged = false;
        SafeFileHandle handle;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.RandomAccess);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        var file = ReadTrailer(handle, name);
        if (file is null)
        {
            damaged = true;
            handle.Dispose();
        }

        return file;
    }

    /// <summary>Completes a file that was filled with a blob's bytes.</summary>
    public static CacheFile Seal(SafeFileHandle handle, string name, long lengthBytes)
    {
        var checksum = Checksum(handle, lengthBytes) ?? throw new IOException($"{name}: the file is shorter than what was written to it");
        Span<byte> trailer = stackalloc byte[TrailerBytes];
        Magic.CopyTo(trailer);
        BinaryPrimitives.WriteInt64LittleEndian(trailer[8..], lengthBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[16..], checksum);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[20..], Crc32C.Compute(trailer[..20]));
        RandomAccess.Write(handle, trailer, lengthBytes);
        RandomAccess.FlushToDisk(handle);
        return new(name, handle, lengthBytes, checksum);
    }

    /// <summary>The CRC-32C that the trailer states.</summary>
    public uint StatedChecksum => _checksum;

    /// <summary>Reads all bytes and compares their checksum.</summary>
    public bool IsWhole() => Checksum(_handle, LengthBytes) == _checksum;

    public void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > LengthBytes - destination.Length)
        {
            throw BlobFailure.Short(_name, LengthBytes, offset, destination.Length);
        }

        try
        {
            if (!TryFill(_handle, offset, destination))
            {
                throw BlobFailure.Short(_name, LengthBytes, offset, destination.Length);
            }
        }
        catch (Exception failure) when (CacheFailure.Is(failure))
        {
            throw CacheFailure.Translate(failure);
        }
    }

    public void Dispose() => _handle.Dispose();

    private static CacheFile? ReadTrailer(SafeFileHandle handle, string name)
    {
        Span<byte> trailer = stackalloc byte[TrailerBytes];
        var lengthBytes = RandomAccess.GetLength(handle) - TrailerBytes;
        return lengthBytes >= 0
            && TryFill(handle, lengthBytes, trailer)
            && trailer.StartsWith(Magic)
            && BinaryPrimitives.ReadInt64LittleEndian(trailer[8..]) == lengthBytes
            && BinaryPrimitives.ReadUInt32LittleEndian(trailer[20..]) == Crc32C.Compute(trailer[..20])
            ? new(name, handle, lengthBytes, BinaryPrimitives.ReadUInt32LittleEndian(trailer[16..]))
            : null;
    }

    // Null: the file ends before.
    private static uint? Checksum(SafeFileHandle handle, long lengthBytes)
    {
        var step = ArrayPool<byte>.Shared.Rent(StepBytes);
        try
        {
            var checksum = 0u;
            for (long offset = 0; offset < lengthBytes;)
            {
                var bytes = step.AsSpan(0, (int)Math.Min(StepBytes, lengthBytes - offset));
                if (!TryFill(handle, offset, bytes))
                {
                    return null;
                }

                checksum = Crc32C.Compute(bytes, checksum);
                offset += bytes.Length;
            }

            return checksum;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(step);
        }
    }

    private static bool TryFill(SafeFileHandle handle, long offset, Span<byte> destination)
    {
        for (var filled = 0; filled < destination.Length;)
        {
            var read = RandomAccess.Read(handle, destination[filled..], offset + filled);
            if (read == 0)
            {
                return false;
            }

            filled += read;
        }

        return true;
    }
}
