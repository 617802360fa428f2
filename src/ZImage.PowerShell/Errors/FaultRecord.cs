using System.Management.Automation;
using ZImage.Engine;
using ZImage.Engine.Checkpoints;
using ZImage.Engine.Downloads;
using ZImage.Engine.Generation;
using ZImage.Engine.Imaging;
using ZImage.Engine.Measuring;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Engine.Sampling;
using ZImage.Engine.Text;
using ZImage.Ggml;

namespace ZImage.PowerShell.Errors;

/// <summary>The one place where a fault becomes an error record.</summary>
internal static class FaultRecord
{
    // The nearest base type that is listed counts.
    private static readonly Dictionary<Type, ErrorCategory> Categories = new()
    {
        [typeof(ModelFileException)] = ErrorCategory.InvalidData,
        [typeof(ModelFileNotFoundException)] = ErrorCategory.ObjectNotFound,
        [typeof(ModelFileUnreadableException)] = ErrorCategory.ReadError,
        [typeof(ModelFileChangedException)] = ErrorCategory.ResourceUnavailable,
        [typeof(ModelShardMissingException)] = ErrorCategory.ObjectNotFound,
        [typeof(ModelFolderIncompleteException)] = ErrorCategory.ObjectNotFound,
        [typeof(ModelFolderAmbiguousException)] = ErrorCategory.InvalidArgument,
        [typeof(WrongComponentException)] = ErrorCategory.InvalidArgument,
        [typeof(ComponentsDoNotMatchException)] = ErrorCategory.InvalidArgument,
        [typeof(InvalidTokenizerException)] = ErrorCategory.InvalidData,

        [typeof(InvalidImageSizeException)] = ErrorCategory.InvalidArgument,
        [typeof(InvalidSettingException)] = ErrorCategory.InvalidArgument,
        [typeof(InvalidMemoryBudgetException)] = ErrorCategory.InvalidArgument,
        [typeof(UnknownSamplerException)] = ErrorCategory.InvalidArgument,
        [typeof(UnknownSchedulerException)] = ErrorCategory.InvalidArgument,
        [typeof(BlockResultException)] = ErrorCategory.InvalidResult,
        [typeof(DegenerateImageException)] = ErrorCategory.InvalidResult,
        [typeof(ImageWithoutSettingsException)] = ErrorCategory.InvalidData,
        [typeof(GenerationCancelledException)] = ErrorCategory.OperationStopped,
        [typeof(SessionClosedException)] = ErrorCategory.ResourceUnavailable,

        [typeof(NativeLibraryMissingException)] = ErrorCategory.NotInstalled,
        [typeof(DeviceNotFoundException)] = ErrorCategory.ObjectNotFound,
        [typeof(BudgetTooSmallException)] = ErrorCategory.LimitsExceeded,
        [typeof(SyntheticModelTooLargeException)] = ErrorCategory.LimitsExceeded,
        [typeof(BufferTooLargeException)] = ErrorCategory.LimitsExceeded,
        [typeof(BudgetExceededException)] = ErrorCategory.LimitsExceeded,
        [typeof(DeviceOutOfMemoryException)] = ErrorCategory.ResourceUnavailable,
        [typeof(ComputeFailedException)] = ErrorCategory.DeviceError,
        [typeof(NativeAbortException)] = ErrorCategory.DeviceError,

        [typeof(UnsupportedImageFormatException)] = ErrorCategory.InvalidArgument,
        [typeof(FileNameTemplateInvalidException)] = ErrorCategory.InvalidArgument,
        [typeof(ImageFileExistsException)] = ErrorCategory.ResourceExists,
        [typeof(ImageFolderMissingException)] = ErrorCategory.ObjectNotFound,
        [typeof(ImageFileNotWrittenException)] = ErrorCategory.WriteError,
        [typeof(ImageFileNotFoundException)] = ErrorCategory.ObjectNotFound,
        [typeof(ImageFileUnreadableException)] = ErrorCategory.ReadError,

        [typeof(ImageNotEncodedException)] = ErrorCategory.InvalidArgument,
        [typeof(ImageFormatMismatchException)] = ErrorCategory.InvalidArgument,
        [typeof(ViewerNotStartedException)] = ErrorCategory.OpenError,

        [typeof(NothingMeasuredException)] = ErrorCategory.InvalidArgument,
        [typeof(ReportFormatUnknownException)] = ErrorCategory.InvalidArgument,
        [typeof(ReportFormatMismatchException)] = ErrorCategory.InvalidArgument,
        [typeof(ReportFileExistsException)] = ErrorCategory.ResourceExists,
        [typeof(ReportNotWrittenException)] = ErrorCategory.WriteError,

        [typeof(DownloadFailedException)] = ErrorCategory.ConnectionError,
        [typeof(HubAccessDeniedException)] = ErrorCategory.PermissionDenied,
        [typeof(HubFileNotFoundException)] = ErrorCategory.ObjectNotFound,
        [typeof(InvalidHubFileException)] = ErrorCategory.InvalidArgument,
        [typeof(InvalidHubEndpointException)] = ErrorCategory.InvalidArgument,
        [typeof(ChecksumMismatchException)] = ErrorCategory.InvalidData,
        [typeof(DiskFullException)] = ErrorCategory.LimitsExceeded,
        [typeof(DownloadNotWrittenException)] = ErrorCategory.WriteError,
        [typeof(ModelNotInCatalogueException)] = ErrorCategory.ObjectNotFound,
        [typeof(ModelNotDownloadedException)] = ErrorCategory.ObjectNotFound,
        [typeof(ModelCatalogueUnreadableException)] = ErrorCategory.ReadError,
        [typeof(CacheFileInUseException)] = ErrorCategory.ResourceBusy,

        [typeof(NoModelException)] = ErrorCategory.ObjectNotFound,
        [typeof(SessionNotFoundException)] = ErrorCategory.ObjectNotFound,
        [typeof(SessionElsewhereException)] = ErrorCategory.InvalidArgument,
        [typeof(SessionNameInUseException)] = ErrorCategory.ResourceExists,
        [typeof(UnknownConfigurationKeyException)] = ErrorCategory.InvalidArgument,
        [typeof(InvalidConfigurationException)] = ErrorCategory.InvalidArgument,
        [typeof(PathNotFileSystemException)] = ErrorCategory.InvalidArgument,
        [typeof(PathInvalidException)] = ErrorCategory.InvalidArgument,
    };

    public static ErrorRecord Create(ZImageException fault) => new(fault, fault.ErrorId, CategoryOf(fault.GetType()), fault.Target)
    {
        ErrorDetails = new ErrorDetails(fault.Message) { RecommendedAction = fault.RecommendedAction },
    };

    public static ErrorCategory CategoryOf(Type? faultType)
    {
        for (; faultType is not null; faultType = faultType.BaseType)
        {
            if (Categories.TryGetValue(faultType, out ErrorCategory category))
                return category;
        }
        return ErrorCategory.NotSpecified;
    }
}
