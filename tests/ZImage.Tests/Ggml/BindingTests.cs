using System.Reflection;
using System.Runtime.InteropServices;
using ZImage.Ggml;
using ZImage.Ggml.Interop;

namespace ZImage.Tests.Ggml;

/// <summary>The bindings against the libraries they bind.</summary>
public sealed unsafe class BindingTests
{
    // ggml.h: struct ggml_object comes before every tensor in a context.
    private const int ObjectBytes = 32;

    public static IEnumerable<TheoryDataRow<string>> Functions()
        => typeof(Native).GetMethods(BindingFlags.Static | BindingFlags.NonPublic)
            .Where(m => m.Name.StartsWith("ggml_", StringComparison.Ordinal))
            .Select(m => new TheoryDataRow<string>(m.Name));

    [Theory]
    [MemberData(nameof(Functions))]
    public void Every_function_is_exported(string function)
    {
        _ = Devices.GgmlVersion;
        nint library = NativeLibrary.Load(Path.Combine(Libraries.Folder, Libraries.FileName(Native.Base)));
        Assert.True(NativeLibrary.TryGetExport(library, function, out _));
    }

    [Fact]
    public void The_release_is_the_pinned_one() => Assert.Equal("0.23.0", Devices.GgmlVersion);

    [Fact]
    public void Struct_sizes_are_those_of_C()
    {
        Assert.Equal((int)Native.ggml_tensor_overhead(), ObjectBytes + sizeof(ggml_tensor));
        Assert.Equal(24, Marshal.SizeOf<ggml_init_params>());
        // The traits are elements of one array.
        Assert.Equal(sizeof(ggml_type_traits), (int)((byte*)Native.ggml_get_type_traits(GgmlType.F16) - (byte*)Native.ggml_get_type_traits(GgmlType.F32)));
    }

    [Fact]
    public void Type_table_equals_that_of_ggml()
    {
        foreach (GgmlType type in GgmlTypes.Known)
        {
            Assert.Equal(Native.ggml_blck_size(type), type.BlockSize());
            Assert.Equal((long)Native.ggml_type_size(type), type.BlockBytes());
            ggml_type_traits* traits = Native.ggml_get_type_traits(type);
            Assert.Equal((long)traits->type_size, type.BlockBytes());
            Assert.Equal(traits->blck_size, type.BlockSize());
        }
    }

    [Fact]
    public void A_tensor_reads_as_it_was_made()
    {
        using var context = new Context(4);
        Tensor tensor = context.NewTensor(GgmlType.Q8_0, 64, 3, 2);
        tensor.Name = "weights";
        Assert.Equal((64, 3, 2, 1), (tensor.Ne(0), tensor.Ne(1), tensor.Ne(2), tensor.Ne(3)));
        Assert.Equal((34, 68, 204, 408), (tensor.Nb(0), tensor.Nb(1), tensor.Nb(2), tensor.Nb(3)));
        Assert.Equal((GgmlType.Q8_0, "weights", 64L * 3 * 2, 408L), (tensor.Type, tensor.Name, tensor.Elements, tensor.Bytes));
        Assert.False(tensor.IsPlaced);
        Assert.True(tensor.IsContiguous);
    }
}
