using System.Buffers.Binary;
using Cairn.Indexes;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Indexes;

public sealed class KeyTableTests
{
    private readonly KeyTable _table = new(new KeyedHash(42));

    [Fact]
    public void FindOrAdd_WhenAMillionKeysCome_NumbersThemInOrder()
    {
        const int Keys = 1_000_000;
        Span<byte> key = stackalloc byte[64];
        var wrong = 0;
        for (var number = 0; number < Keys; number++)
        {
            wrong += _table.FindOrAdd(Key(number, key)) == number ? 0 : 1;
        }

        for (var number = 0; number < Keys; number++)
        {
            var bytes = Key(number, key);
            wrong += _table[number].SequenceEqual(bytes) && _table.Find(bytes) == number ? 0 : 1;
        }

        Assert.Equal(0, wrong);
        Assert.Equal(Keys, _table.Count);
        Assert.Equal(-1, _table.Find(Key(Keys, key)));
    }

    [Fact]
    public void FindOrAdd_WhenKeysAreOfAnyLength_TellsThemApart()
    {
        var longest = new byte[KeyTable.MaxKeyBytes];
        Array.Fill(longest, (byte)'k');
        for (var length = 0; length <= longest.Length; length++)
        {
            Assert.Equal(length, _table.FindOrAdd(longest.AsSpan(0, length)));
        }

        for (var length = 0; length <= longest.Length; length++)
        {
            Assert.Equal(length, _table.FindOrAdd(longest.AsSpan(0, length)));
            Assert.True(_table[length].SequenceEqual(longest.AsSpan(0, length)));
        }

        Assert.Equal(ErrorKind.Internal, Assert.Throws<CairnException>(() => _table.FindOrAdd(new byte[KeyTable.MaxKeyBytes + 1])).Kind);
    }

    [Fact]
    public void Find_WhenTheWriterAdds_SeesEveryKeyThatWasPublished()
    {
        const int Keys = 300_000;
        var published = 0;
        var wrong = 0;
        var readers = Enumerable.Range(0, 2).Select(seed => new Thread(() =>
        {
            var random = new Random(seed);
            Span<byte> buffer = stackalloc byte[64];
            for (int count; (count = Volatile.Read(ref published)) < Keys;)
            {
                for (var i = 0; i < 100 && count > 0; i++)
                {
                    var number = random.Next(2) == 0 ? random.Next(count) : count - 1 - random.Next(Math.Min(count, 1000));
                    var key = Key(number, buffer);
                    if (_table.Find(key) != number || !_table[number].SequenceEqual(key))
                    {
                        Interlocked.Increment(ref wrong);
                    }
                }
            }
        })).ToList();
        readers.ForEach(reader => reader.Start());
        Span<byte> added = stackalloc byte[64];
        for (var number = 0; number < Keys; number++)
        {
            _table.FindOrAdd(Key(number, added));
            Volatile.Write(ref published, number + 1);
        }

        readers.ForEach(reader => reader.Join());
        Assert.Equal(0, wrong);
    }

    /// <summary>Ids of one family are alike, so the hash has to spread them: few of a million share the 32 bits that the index compares.</summary>
    [Fact]
    public void Hash_WhenKeysAreAlike_SpreadsThem()
    {
        var hash = new KeyedHash(0x1234);
        Span<byte> key = stackalloc byte[64];
        var (ofBytes, ofWords) = (new HashSet<uint>(), new HashSet<uint>());
        for (var i = 0; i < 300_000; i++)
        {
            ofBytes.Add((uint)(hash.Of(Key(i, key)) >> 32));
            ofWords.Add((uint)(hash.Of(((ulong)(i / 1000) << 32) | (uint)(i % 1000), 0) >> 32));
        }

        // Random tags would collide about 10 times among so many.
        Assert.InRange(ofBytes.Count, 300_000 - 40, 300_000);
        Assert.InRange(ofWords.Count, 300_000 - 40, 300_000);
    }

    /// <summary>"0000000042" and some bytes more, depending on the number.</summary>
    private static ReadOnlySpan<byte> Key(int number, Span<byte> buffer)
    {
        BinaryPrimitives.WriteInt32BigEndian(buffer, number);
        for (var (i, rest) = (4, number); i < 14; i++, rest /= 10)
        {
            buffer[i] = (byte)('0' + (rest % 10));
        }

        buffer[14..].Fill((byte)'-');
        return buffer[..(14 + (number % 48))];
    }
}
