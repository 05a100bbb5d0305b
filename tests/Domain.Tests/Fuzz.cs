using Cairn.Primitives;

namespace Cairn.Domain.Tests;

/// <summary>Damaging stored bytes, and what decoders may say of it.</summary>
internal static class Fuzz
{
    /// <summary>One to three changes of the sort that break parsers: extreme bytes, removed and repeated stretches.</summary>
    public static byte[] Change(byte[] bytes, Random random)
    {
        var list = bytes.ToList();
        for (var changes = random.Next(1, 4); changes > 0 && list.Count > 0; changes--)
        {
            var at = random.Next(list.Count);
            var length = Math.Min(random.Next(1, 9), list.Count - at);
            switch (random.Next(4))
            {
                case 0:
                    list.RemoveRange(at, length);
                    break;
                case 1:
                    list.InsertRange(at, list.GetRange(at, length));
                    break;
                default:
                    list[at] = new byte[] { 0, 1, 0x7F, 0x80, 0xFF, (byte)random.Next() }[random.Next(6)];
                    break;
            }
        }

        return [.. list];
    }

    /// <summary>Whether reading throws Corrupt; any other exception passes.</summary>
    public static bool IsCorrupt(Action read)
    {
        try
        {
            read();
            return false;
        }
        catch (CairnException failure) when (failure.Kind == ErrorKind.Corrupt)
        {
            return true;
        }
    }
}
